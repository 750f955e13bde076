import { printable } from '../terminal/text.ts';

/** The command cannot find out whether events arrived; the message gives the reason in one line. Exit status 2. */
export class UnanswerableError extends Error {
  override readonly name = 'UnanswerableError';

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

/** Remedies of errors of the SDK's settings, by their messages. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /^Firehose .* not found\.$/,
    'correct its name, or if it is in another region, set AWS_REGION or give its ARN',
  ],
  [/^Region is missing$/, 'set AWS_REGION, for example AWS_REGION=us-east-1'],
  [/certificate/, 'set NODE_EXTRA_CA_CERTS to a file with the certificates of your network'],
  [/^the proxy /, 'correct HTTPS_PROXY, or add the host to NO_PROXY'],
  [/^Could not load credentials/, 'set AWS_PROFILE, or sign in, for example by aws sso login'],
];

/**
 * The error of a failed call, in one line: the attempt, the error's name, its message. For a refused connection the SDK's
 * error has an empty message, for S3's HEAD-like responses none.
 *
 * @param attempt For example `listing s3://bucket/`.
 */
export function unanswerableCall(attempt: string, error: unknown): UnanswerableError {
  const { name, message, code } = error as Error & { code?: string };
  const reason = [name === 'Error' ? undefined : name, message || code].filter(Boolean).join(': ');
  const remedy = remedies.find(([pattern]) => pattern.test(message))?.[1];
  const line = reason.replaceAll(/\s*\n\s*/g, ' ');
  const text = [attempt, remedy ? line.replace(/\.$/, '') : line, remedy].filter(Boolean).join(': ');
  return new UnanswerableError(text, { cause: error });
}
