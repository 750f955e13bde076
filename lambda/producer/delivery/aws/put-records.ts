import type { MiddlewareStack } from '@smithy/types';
import { AwsCallError, callAws, type FailureKind, toAwsCallError } from '../../../runtime/aws-call.ts';
import { base64Bytes, type EventRecord, type RecordBatch } from '../../packing/records.ts';

export interface PutResponse {
  /** `decided`: the target decided over each record. Otherwise the request failed as a whole. */
  readonly kind: 'decided' | FailureKind;
  /** The records, by their place in the request, that the target did not acknowledge. */
  readonly refused: readonly number[];
  /** Those of them that were refused in a way that can mean the quota. */
  readonly throttled: readonly number[];
  /** The shard that took each record, by its place. @default - the target has no shards */
  readonly shards?: readonly (string | undefined)[];
  readonly cause?: Error;
}

/** Sends one request; an abort of `signal` makes it `lost`. */
export type PutRecords = (batch: RecordBatch, signal: AbortSignal) => Promise<PutResponse>;

/** The target's decision on one record. */
export interface Decision {
  /** Only a record with an id is stored. */
  readonly id?: string | undefined;
  readonly shard?: string | undefined;
  readonly ErrorCode?: string | undefined;
  readonly ErrorMessage?: string | undefined;
}

export interface Decisions {
  readonly decisions: readonly Decision[];
  /** The target's own count of refused records. */
  readonly refusals: number;
}

/** The JSON around the records' base64. */
export interface BodyFormat {
  /** Up to the first record. */
  readonly head: string;
  /** After the data of a record. */
  readonly tailOf: (record: EventRecord) => string;
}

/** How a service is called. */
export interface Service<Input extends object, Output extends object> {
  readonly title: string;
  readonly quotaError: string;
  readonly format: BodyFormat;
  /** Makes a call without records. */
  readonly createCall: (signal: AbortSignal) => {
    readonly middlewareStack: MiddlewareStack<Input, Output>;
    readonly send: () => Promise<Output>;
  };
  readonly decisionsOf: (output: Output) => Decisions;
}

/** The client of a container: keep-alive connections, one for each request in flight. */
export function clientOptions(concurrency: number) {
  const agent = { keepAlive: true, maxSockets: concurrency };
  return {
    // The delivery retries: the SDK would not see refused records, and would hide that a response was lost.
    maxAttempts: 1,
    requestHandler: { httpAgent: agent, httpsAgent: agent },
  };
}

export function createPutRecordsOf<Input extends object, Output extends object>(
  service: Service<Input, Output>,
): PutRecords {
  // Bodies to write over. The target has read a body when it has decided over its records; any other may still be on its way.
  const bodies: Buffer[] = [];
  return async (batch, signal) => {
    const body = encodeRequestBody(service.format, batch, bodies.pop());
    const { middlewareStack, send } = service.createCall(signal);
    middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: Uint8Array }).body = body;
        return next(args);
      },
      // The records go past the SDK's serializer; endpoint, headers, signature and response stay the SDK's. Low: after that
      // serializer, before everything that looks at the body.
      { name: 'requestBody', step: 'serialize', priority: 'low' },
    );
    try {
      const response = responseOf(await callAws(middlewareStack, send, signal), batch.length, service);
      bodies.push(body);
      return response;
    } catch (error) {
      const cause = toAwsCallError(error);
      return { kind: cause.kind, refused: [...batch.keys()], throttled: [], cause };
    }
  };
}

/**
 * The target's decision on each record. Only a record with an id is stored, and the target's own count must agree.
 *
 * @throws AwsCallError of kind `lost` if the response contradicts itself.
 */
function responseOf<Input extends object, Output extends object>(
  output: Output,
  recordsSent: number,
  { title, quotaError, decisionsOf }: Service<Input, Output>,
): PutResponse {
  const { decisions, refusals } = decisionsOf(output);
  const refused = [...decisions.keys()].filter(
    (place) => decisions[place]!.ErrorCode || !decisions[place]!.id,
  );
  if (decisions.length !== recordsSent || refused.length !== refusals) {
    throw new AwsCallError(
      'lost',
      `${title} decided over ${decisions.length} of ${recordsSent} records and refused ${refused.length} of them, ` +
        `but says that it refused ${refusals}`,
    );
  }
  const { ErrorCode, ErrorMessage } = decisions[refused[0] ?? -1] ?? {};
  return {
    kind: 'decided',
    refused,
    throttled: refused.filter((place) => decisions[place]!.ErrorCode === quotaError),
    ...(decisions.some(({ shard }) => shard) && { shards: decisions.map(({ shard }) => shard) }),
    ...(refused.length > 0 && { cause: new Error(`${ErrorCode}: ${ErrorMessage}`) }),
  };
}

/** Bodies take multiples of this in memory: they differ by some digits, and the next one must find room. */
const memoryUnitBytes = 65_536;

/**
 * The JSON of a request, as the bytes to send: the same as the SDK makes of the same input, but written once. The SDK's
 * serializer writes base64 a character at a time, and that is a fifth to a third of a run's CPU time.
 *
 * @param target A body that is no longer needed, overwritten if it is large enough.
 */
export function encodeRequestBody({ head, tailOf }: BodyFormat, batch: RecordBatch, target?: Buffer): Buffer {
  const [open, separator, close] = ['{"Data":"', ',', ']}'];
  const tails = batch.map(tailOf);
  let length = Buffer.byteLength(head) + close.length + separator.length * (batch.length - 1);
  for (const [place, { data }] of batch.entries()) {
    length += open.length + base64Bytes(data.length) + tails[place]!.length;
  }
  const memory =
    target && target.buffer.byteLength >= length
      ? target.buffer
      : Buffer.allocUnsafeSlow(Math.ceil(length / memoryUnitBytes) * memoryUnitBytes).buffer;
  const body = Buffer.from(memory, 0, length);
  let at = body.write(head);
  for (const [place, { data }] of batch.entries()) {
    at += body.write(place > 0 ? separator + open : open, at, 'latin1');
    at += body.write(data.toString('base64'), at, 'latin1');
    at += body.write(tails[place]!, at, 'latin1');
  }
  body.write(close, at, 'latin1');
  return body;
}
