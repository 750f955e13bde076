import { FunctionError } from '../../runtime/errors.ts';

/** A message is not a valid claim; the text says why. */
export class InvalidClaimError extends FunctionError {
  override readonly name = 'InvalidClaimError';
}

/** Reading the bucket failed, and no claim could be settled. The queue keeps them all. */
export class ReadingError extends FunctionError {
  override readonly name = 'ReadingError';
}
