import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import * as v from 'valibot';
import type { TargetRow } from '../../lambda/contract/targets.ts';

/** The account and region of every ARN in a response; AWS's documentation uses this account. */
export const account = '123456789012';
export const region = 'us-east-1';

export function kinesisStreamArn(streamName: string): string {
  return `arn:aws:kinesis:${region}:${account}:stream/${streamName}`;
}

const contentType = 'application/x-amz-json-1.1';

/** HTTP statuses of errors that are the service's fault; others are 400 (API references, "Common Errors"). */
const serverErrors: Readonly<Record<string, number>> = {
  InternalFailure: 500,
  ServiceUnavailableException: 503,
};

/** An error that a service responds with. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** As the API reference names it. */
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

type Inputs = Readonly<Record<string, v.GenericSchema>>;

/** A service that speaks AWS JSON 1.1. */
export interface AwsJsonService<I extends Inputs> {
  /** Start of the `X-Amz-Target` of its requests. */
  readonly targetPrefix: string;
  /** The input of each supported operation; other members have no effect. */
  readonly inputs: I;
  readonly handlers: {
    readonly [O in keyof I]: (input: v.InferOutput<I[O]>, requestId: string) => object | Promise<object>;
  };
  /** Upper bound of the records of a request. */
  readonly maxRequestBytes: number;
}

/** Responds as the service does. Checks that a request has a signature, but not whether the signature is right. */
export function createAwsJsonListener<I extends Inputs>(service: AwsJsonService<I>): RequestListener {
  const { inputs, handlers, maxRequestBytes } = service;

  async function respond(request: IncomingMessage, requestId: string): Promise<object> {
    // As base64 inside JSON, the largest request takes less. Larger bodies are not parsed.
    const body = await readBody(request, 2 * maxRequestBytes);
    const operation = findOperation(request, service);
    if (request.headers.authorization === undefined) {
      throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
    checkRequestSize(body.length / 2, maxRequestBytes);
    return handlers[operation](parseInput(inputs[operation]!, parseJson(body.text)), requestId);
  }

  return (request, response) => {
    const requestId = randomUUID();
    respond(request, requestId).then(
      (output) => send(response, requestId, 200, output),
      (error) => sendError(response, requestId, error),
    );
  };
}

/** @throws AwsError in AWS's words. The limit counts data before base64 (docs/decisions/0004-requests-count-encoded.md). */
export function checkRequestSize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    const message = `Records size exceeds ${maxBytes / 1_048_576} MB limit`;
    throw new AwsError('InvalidArgumentException', message);
  }
}

function findOperation<I extends Inputs>(
  { method, headers }: IncomingMessage,
  { targetPrefix, inputs }: AwsJsonService<I>,
): keyof I & string {
  const operations = Object.keys(inputs);
  const target = String(headers['x-amz-target'] ?? '');
  const operation = operations.find((name) => target === targetPrefix + name);
  const givenType = headers['content-type']?.split(';')[0]?.trim();
  if (operation === undefined || method !== 'POST' || givenType !== contentType) {
    const targets = operations.map((name) => targetPrefix + name).join(' or ');
    throw new AwsError(
      'UnknownOperationException',
      `Expected POST with Content-Type ${contentType} and X-Amz-Target ${targets}; got ${method} ${target}`,
    );
  }
  return operation;
}

async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<{ length: number; text: string }> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not `for await`, which costs a turn of the event loop for each chunk of 64 KiB.
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maxBytes) {
      chunks.push(chunk);
    }
  });
  await once(request, 'end');
  return { length, text: Buffer.concat(chunks).toString() };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AwsError('SerializationException', `The body is not JSON: ${(error as Error).message}`);
  }
}

function sendError(response: ServerResponse, requestId: string, error: unknown): void {
  const { type, message } =
    error instanceof AwsError ? error : new AwsError('InternalFailure', String(error));
  // Only AWS's deserializer writes a capital letter (aws/aws-sdk-php#650); clients read both.
  const text = type === 'SerializationException' ? { Message: message } : { message };
  send(response, requestId, serverErrors[type] ?? 400, { __type: type, ...text });
}

function send(response: ServerResponse, requestId: string, status: number, output: object): void {
  const body = JSON.stringify(output);
  response.writeHead(status, {
    'x-amzn-requestid': requestId,
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** A request may have 500 invalid records. */
const maxProblemsShown = 10;

/**
 * Validates the input of an operation.
 *
 * @param json The parsed body.
 * @throws AwsError `SerializationException` for a value of the wrong type or data that is not base64;
 * `ValidationException` for a value that is missing or out of bounds; it names all of them.
 */
export function parseInput<Schema extends v.GenericSchema>(
  schema: Schema,
  json: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, json);
  if (parsed.success) {
    return parsed.output;
  }
  const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'the body'}: ${issue.message}`);
  const shown = problems.slice(0, maxProblemsShown).join('; ');
  const isWrongType = ({ kind, type, input }: v.BaseIssue<unknown>) =>
    kind === 'schema' && type !== 'picklist' && input !== undefined && input !== null;
  if (parsed.issues.some(isWrongType)) {
    throw new AwsError('SerializationException', shown);
  }
  const count = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`;
  throw new AwsError('ValidationException', `${count} detected: ${shown}`);
}

/** A whole number between two bounds. */
export const wholeNumber = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** A JSON object. Valibot's own `object` also accepts arrays. */
export const structure = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(
    v.custom<Record<string, unknown>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'expected an object',
    ),
    v.object(entries),
  );

/** Name of a stream. */
export const streamName = ({ streamNamePattern, streamNameExpectation }: TargetRow) =>
  v.pipe(
    v.string(),
    v.regex(
      streamNamePattern,
      ({ received }) => `expected ${streamNameExpectation}, for example my-stream; received ${received}`,
    ),
  );

/** Data of a record: base64 in the request. */
export const dataUpTo = (bytes: number) => v.pipe(v.string(), v.transform(decodeBase64), v.maxLength(bytes));

/**
 * Decodes base64 as AWS does: the standard alphabet, padded, canonical, nothing skipped.
 *
 * `Buffer.from` skips unknown characters and accepts the URL-safe alphabet. The checks here find both without reading the text
 * again: on a request of 1 MiB they cost a few percent of the decoding, a regular expression six times the decoding.
 *
 * @throws AwsError `SerializationException`.
 */
export function decodeBase64(text: string): Buffer {
  if (text.length % 4 !== 0) {
    const expected = 'Base64 encoded length is expected a multiple of 4 bytes';
    throw notBase64(text, `${expected} but found: ${text.length}`);
  }
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  // Skipped characters, and those after an early padding, are missing from the length.
  const complete = bytes.length === (text.length / 4) * 3 - padding;
  if (!complete || text.includes('-') || text.includes('_')) {
    const invalid = /[^A-Za-z0-9+/=]|=(?!=?$)/.exec(text)?.[0];
    throw notBase64(text, `Invalid Base64 character: '${invalid ?? '='}'`);
  }
  if (padding > 0 && bytes.toString('base64', bytes.length - 3 + padding) !== text.slice(-4)) {
    throw notBase64(text, 'Invalid last non-pad Base64 character detected');
  }
  return bytes;
}

function notBase64(text: string, reason: string): AwsError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return new AwsError('SerializationException', `'${shown}' can not be converted to a Blob: ${reason}`);
}
