/** Key prefix of the objects with events, up to the hour. */
export const eventsFolder = 'events/';

/** Key prefix of records that the stream could not deliver, up to Firehose's error type. */
export const errorsFolder = 'errors/';

/** Partition key of the hour in Hive style: a single key, so that Athena projects it as a date with hours. */
export const partitionColumn = 'datehour';

/** Format of the hour in Java's date patterns, which Firehose and Athena's partition projection use. */
export const partitionFormat = 'yyyy-MM-dd-HH';

/** The hour in a key, as a Firehose expression. */
export const hourExpression = `${partitionColumn}=!{timestamp:${partitionFormat}}/`;
