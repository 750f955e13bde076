/** The command cannot find out whether events arrived; the message gives the reason in one line. Exit status 2. */
export class UnanswerableError extends Error {
  override readonly name = 'UnanswerableError';
}

/**
 * The error of a failed call, in one line: the attempt, the error's name, its message. For a refused connection the SDK's
 * error has an empty message, for S3's HEAD-like responses none.
 *
 * @param attempt For example `listing s3://bucket/`.
 */
export function unanswerableCall(attempt: string, error: unknown): UnanswerableError {
  const { name, message, code } = error as Error & { code?: string };
  const reason = [name === 'Error' ? undefined : name, message || code].filter(Boolean).join(': ');
  return new UnanswerableError(`${attempt}: ${reason.replaceAll(/\s*\n\s*/g, ' ')}`, { cause: error });
}
