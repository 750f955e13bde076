/** Base of the errors that the prover raises on purpose. `name` is what Lambda shows as `errorType`. */
export class ProverError extends Error {
  // A class field, because the bundle is minified: `constructor.name` would be a single letter there.
  override readonly name: string = 'ProverError';
}

/** The environment variables of the prover do not fit; the message lists each that doesn't. */
export class InvalidEnvironmentError extends ProverError {
  override readonly name = 'InvalidEnvironmentError';
}

/** A message is no claim; the message says why. */
export class InvalidClaimError extends ProverError {
  override readonly name = 'InvalidClaimError';
}

/** Reading the bucket failed, and no claim could be settled. The queue keeps them all. */
export class ReadingError extends ProverError {
  override readonly name = 'ReadingError';
}

/** An object was deleted after it was listed. */
export class ObjectGoneError extends ProverError {
  override readonly name = 'ObjectGoneError';
}
