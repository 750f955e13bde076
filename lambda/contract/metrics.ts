/** Namespace of the metrics that the function publishes. */
export const metricNamespace = 'FirehoseEventProducer';

/** Name of the service: in the function's log lines, and the value of a dimension of its metrics. */
export const serviceName = 'firehose-event-producer';

/** Name of the dimension for the service: Powertools' own word. */
export const serviceDimension = 'service';

/** Name of the dimension for the stream, as Firehose's own metrics have it. */
export const streamDimension = 'DeliveryStreamName';

/** Name of the dimension for the producer: several may push to one stream. */
export const producerDimension = 'Producer';

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

/** Counts claims that the proof queue did not take. */
export const claimsUnsentMetric = { name: 'ClaimsUnsent', unit: 'Count' } as const;

/** The metrics that the prover publishes. Units are CloudWatch's. */
export const proverMetrics = {
  /** Events found, counted when their claim is settled. Good events of an SLO. */
  eventsProven: { name: 'EventsProven', unit: 'Count' },
  /** Events of settled claims: found, lost, or never proven because the bucket could not be read. All events of an SLO. */
  eventsSettled: { name: 'EventsSettled', unit: 'Count' },
  /** Events that were not there at the first look at their claim. */
  eventsLate: { name: 'EventsLate', unit: 'Count' },
  /** Events that are in the bucket more than once. */
  eventsDuplicated: { name: 'EventsDuplicated', unit: 'Count' },
  /** Events that are not there after the time in which Firehose retries. */
  eventsLost: { name: 'EventsLost', unit: 'Count' },
  /** Lines that are corrupt. */
  linesCorrupt: { name: 'LinesCorrupt', unit: 'Count' },
  /** From the end of sending to the proof, a value a claim. */
  timeToProofMs: { name: 'TimeToProof', unit: 'Milliseconds' },
  /** From the generation of events to the landing of their object: percentiles, as many values as EMF takes. */
  latencyMs: { name: 'DeliveryLatency', unit: 'Milliseconds' },
  /** Age of the oldest claim that is not proven, of those looked at. */
  oldestClaimAgeMs: { name: 'OldestClaimAge', unit: 'Milliseconds' },
  /** Claims looked at. */
  claimsSeen: { name: 'ClaimsSeen', unit: 'Count' },
} as const;

/** Counts the producer's cold starts. The name is Powertools' own word. */
export const coldStartMetric = { name: 'ColdStart', unit: 'Count' } as const;
