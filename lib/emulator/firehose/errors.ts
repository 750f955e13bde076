/** The error types of this Firehose, each with its HTTP status (API reference, "Errors" and "Common Errors"). */
export const httpStatusByErrorType = {
  InternalFailure: 500,
  InvalidArgumentException: 400,
  MissingAuthenticationTokenException: 400,
  ResourceNotFoundException: 400,
  SerializationException: 400,
  ServiceUnavailableException: 503,
  UnknownOperationException: 400,
  ValidationException: 400,
} as const;

/** Name of an error, as clients see it in `__type`. */
export type ErrorType = keyof typeof httpStatusByErrorType;

/** A response that is an error. */
export class FirehoseError extends Error {
  override readonly name = 'FirehoseError';
  /** AWS's name of the error. */
  readonly type: ErrorType;

  constructor(type: ErrorType, message: string) {
    super(message);
    this.type = type;
  }
}
