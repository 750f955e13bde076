import type { IncomingMessage } from 'node:http';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { DeserializeMiddleware, HttpResponse, MiddlewareStack } from '@smithy/types';

/** Largest response that is read: those to `PutRecordBatch` have at most some 120 KB. */
const maxResponseBytes = 4 * 1_048_576;

const shownCharacters = 100;

/**
 * What a failed call means.
 *
 * - `rejected`: the service did nothing, and another attempt may succeed.
 * - `lost`: the same, but nobody knows whether the service did it, because there is no response that can be used.
 * - `fatal`: the service did nothing, and no retry can fix it.
 */
export type FailureKind = 'rejected' | 'lost' | 'fatal';

interface RawResponse {
  readonly statusCode: number;
  readonly reason?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * A call to AWS failed. The message names AWS's error; for a response that is not from AWS its status, its content type
 * and the beginning of its body.
 */
export class AwsCallError extends Error {
  override readonly name = 'AwsCallError';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * Makes a call that is over as soon as its signal is aborted, wherever it hangs: in its connection, in the headers or in
 * the body of its response. Its connection is closed then.
 *
 * @param middlewareStack The command's own.
 * @param send Sends the command, with the signal.
 * @throws AwsCallError
 */
export async function callAws<Input extends object, Output extends object>(
  middlewareStack: MiddlewareStack<Input, Output>,
  send: () => Promise<Output>,
  signal: AbortSignal,
): Promise<Output> {
  let host = 'AWS';
  let raw: RawResponse | undefined;
  const readResponse: DeserializeMiddleware<Input, Output> = (next) => async (args) => {
    const { hostname, port } = args.request as { readonly hostname: string; readonly port?: number };
    host = port ? `${hostname}:${port}` : hostname;
    const result = await next(args);
    const response = result.response as HttpResponse;
    // The SDK's own reading has no end when the server's sending has none.
    const body = await readBody(response.body as IncomingMessage, host);
    raw = { ...response, body };
    // A view of its own: the SDK changes the prototype of what it gets.
    response.body = new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    return result;
  };
  // Low: next to the connection, before the SDK's own deserializer.
  middlewareStack.add(readResponse, { name: 'readResponse', step: 'deserialize', priority: 'low' });
  try {
    return await unlessAborted(send(), signal);
  } catch (error) {
    if (signal.aborted) {
      throw new AwsCallError('lost', `no response in time from ${host}`, { cause: error });
    }
    const cause = error as SdkError;
    const isAws = raw === undefined || isFromAws(raw);
    throw new AwsCallError(kindOf(cause, raw), isAws ? describe(cause) : describeForeign(raw!, host), {
      cause,
    });
  }
}

/** Wraps any other error: it comes from a response of unexpected content. */
export function toAwsCallError(error: unknown): AwsCallError {
  return error instanceof AwsCallError
    ? error
    : new AwsCallError('lost', `the response cannot be used: ${(error as Error).message}`, { cause: error });
}

/** The whole body. @throws Error if it is cut, also by the SDK's abort, or too large. */
function readBody(body: IncomingMessage, host: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxResponseBytes) {
        body.destroy();
      }
    });
    body.on('end', () => resolve(Buffer.concat(chunks)));
    body.on('error', () => {});
    body.on('close', () => {
      const error = new Error(`the response from ${host} was cut after ${length} bytes`);
      reject(Object.assign(error, { code: 'ECONNRESET' }));
    });
  });
}

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) {
      abort();
    }
  });
}

type SdkError = Parameters<typeof isTransientError>[0] & Error & { readonly code?: string };

/** Names that the SDK does not know as throttling. */
const busy = new Set(['ServiceUnavailableException', 'KMSThrottlingException']);

const notConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function kindOf(error: SdkError, response: RawResponse | undefined): FailureKind {
  if (isThrottlingError(error) || busy.has(error.name) || notConnected.has(error.code ?? '')) {
    return 'rejected';
  }
  // Without a response, a code is what Node says of a connection that failed.
  const isUnusable = response ? response.statusCode < 300 : error.code !== undefined;
  return isUnusable || isTransientError(error) || isServerError(error) ? 'lost' : 'fatal';
}

function describe(error: Error): string {
  // A connection that several addresses refused has an error for each, and no message of its own.
  const [{ name, message }] = error instanceof AggregateError ? error.errors : [error];
  return name === 'Error' ? message : `${name}: ${message}`;
}

function describeForeign({ statusCode, reason = '', headers, body }: RawResponse, host: string): string {
  const text = body.toString('utf8', 0, shownCharacters).replaceAll(/\s+/g, ' ').trim();
  const type = headers['content-type'] ?? 'no content type';
  return `${statusCode} ${reason} from ${host}: ${type}, ${text === '' ? 'empty' : `"${text}"`}`;
}

/** Whether a response is one that the SDK can read, or an error that AWS has a name for. */
function isFromAws({ statusCode, headers, body }: RawResponse): boolean {
  if ('x-amzn-errortype' in headers) {
    return true;
  }
  try {
    const json = JSON.parse(body.toString());
    return statusCode < 300 || '__type' in json;
  } catch {
    return false;
  }
}
