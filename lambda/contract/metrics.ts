/** Namespace of the metrics that the function publishes. */
export const metricNamespace = 'FirehoseEventProducer';

/** Name of the service: in the function's log lines, and the value of a dimension of its metrics. */
export const serviceName = 'firehose-event-producer';

/** Name of the dimension for the service: Powertools' own word. */
export const serviceDimension = 'service';

/** Name of the dimension for the stream, as Firehose's own metrics have it. */
export const streamDimension = 'DeliveryStreamName';

/**
 * The metrics that the function publishes, by the field of the report that each one carries. Units are CloudWatch's.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
 */
export const reportMetrics = {
  eventsRequested: { name: 'EventsRequested', unit: 'Count' },
  eventsDelivered: { name: 'EventsDelivered', unit: 'Count' },
  eventsQueued: { name: 'EventsQueued', unit: 'Count' },
  eventsUncertain: { name: 'EventsUncertain', unit: 'Count' },
  eventsUndelivered: { name: 'EventsUndelivered', unit: 'Count' },
  recordsRefused: { name: 'RecordsRefused', unit: 'Count' },
  requests: { name: 'Requests', unit: 'Count' },
  requestsFailed: { name: 'RequestsFailed', unit: 'Count' },
  bytesDelivered: { name: 'BytesDelivered', unit: 'Bytes' },
  billedBytes: { name: 'BilledBytes', unit: 'Bytes' },
  durationMs: { name: 'Duration', unit: 'Milliseconds' },
  eventsPerSecond: { name: 'EventsPerSecond', unit: 'Count/Second' },
} as const;

/** Name of the metric that counts the function's cold starts: Powertools' own word. */
export const coldStartMetric = 'ColdStart';
