import { UnanswerableError } from '../../lambda/prover/objects/source.ts';

/**
 * What went wrong in a call to AWS, in one line: what was tried, the error's name, its message. The SDK's own errors
 * for a refused connection carry an empty message, those for S3's HEAD-like responses none at all.
 *
 * @param attempt What was tried, such as `listing s3://bucket/`.
 */
export function unanswerableCall(attempt: string, error: unknown): UnanswerableError {
  const { name, message, code } = error as Error & { code?: string };
  const reason = [name === 'Error' ? undefined : name, message || code].filter(Boolean).join(': ');
  return new UnanswerableError(`${attempt}: ${reason.replaceAll(/\s*\n\s*/g, ' ')}`, { cause: error });
}
