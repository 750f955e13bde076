/** The errors of this S3, and their HTTP statuses. Source: S3 API reference, error responses. */
export const httpStatusByCode = {
  InvalidArgument: 400,
  InvalidRange: 416,
  InternalError: 500,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NotImplemented: 501,
} as const;

/** An error as S3 says it. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  /** S3's code. */
  readonly code: keyof typeof httpStatusByCode;

  constructor(code: keyof typeof httpStatusByCode, message: string) {
    super(message);
    this.code = code;
  }
}
