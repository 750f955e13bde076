import { FunctionError } from '../../runtime/errors.ts';

/** The payload of an invocation was refused; the message lists each problem and ends with an example that works. */
export class InvalidPayloadError extends FunctionError {
  override readonly name = 'InvalidPayloadError';
}

/** Not one event of a slice was acknowledged; the message has the reason, and a payload that sends them again. */
export class NothingDeliveredError extends FunctionError {
  override readonly name = 'NothingDeliveredError';
}

/** The work queue did not take some slices; the message has payloads that send the rest. */
export class WorkQueueError extends FunctionError {
  override readonly name = 'WorkQueueError';
}
