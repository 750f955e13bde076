/** Types of Firehose's processors that may change the bytes of records. */
export const changingProcessors: ReadonlySet<string> = new Set([
  'Lambda',
  'MetadataExtraction',
  'RecordDeAggregation',
]);
