/** Base of the errors that the producer raises on purpose. `name` is what Lambda shows as `errorType`. */
export class ProducerError extends Error {
  // A class field, because the bundle is minified: `constructor.name` would be a single letter there.
  override readonly name: string = 'ProducerError';
}

/** The environment variables of the function do not fit; the message lists each that doesn't. */
export class InvalidEnvironmentError extends ProducerError {
  override readonly name = 'InvalidEnvironmentError';
}

/** The payload of an invocation was refused; the message lists each problem and ends with an example that works. */
export class InvalidPayloadError extends ProducerError {
  override readonly name = 'InvalidPayloadError';
}

/** Not one event of a slice was acknowledged; the message says why, and gives a payload that sends them again. */
export class NothingDeliveredError extends ProducerError {
  override readonly name = 'NothingDeliveredError';
}

/**
 * The work queue did not take slices that it should hold; the message says what became of the run's events, and gives
 * payloads that send the rest.
 */
export class WorkQueueError extends ProducerError {
  override readonly name = 'WorkQueueError';
}
