/** What the keys of the objects with events start with, up to the hour. */
export const eventsFolder = 'events/';

/** The same of records that the stream could not deliver, up to Firehose's type of the error. */
export const errorsFolder = 'errors/';

/** The name of the hour in a key, Hive's way: one key, so that Athena projects it as one date with hours. */
export const partitionColumn = 'datehour';

/** The hour, as Java's date formats write it: those of Firehose and of Athena's partition projection. */
export const partitionFormat = 'yyyy-MM-dd-HH';

/** The hour in a key, as Firehose's expressions have it. */
export const hourExpression = `${partitionColumn}=!{timestamp:${partitionFormat}}/`;
