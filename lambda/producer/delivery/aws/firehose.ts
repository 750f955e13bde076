import { FirehoseClient, PutRecordBatchCommand, type PutRecordBatchOutput } from '@aws-sdk/client-firehose';
import { AwsCallError, callAws, type FailureKind, toAwsCallError } from '../../../runtime/aws-call.ts';
import { base64Bytes, type RecordBatch } from '../../packing/records.ts';

export interface PutResponse {
  /** `decided`: Firehose decided over each record. Otherwise the request failed as a whole. */
  readonly kind: 'decided' | FailureKind;
  /** The records, by their place in the request, that Firehose did not acknowledge. */
  readonly refused: readonly number[];
  /** Those of them that were refused in a way that can mean the quota. */
  readonly throttled: readonly number[];
  readonly cause?: Error;
}

/** Sends one request; an abort of `signal` makes it `lost`. */
export type PutRecords = (batch: RecordBatch, signal: AbortSignal) => Promise<PutResponse>;

/** The Firehose client of a container: keep-alive connections, one for each request in flight. */
export function createFirehoseClient(concurrency: number): FirehoseClient {
  const agent = { keepAlive: true, maxSockets: concurrency };
  return new FirehoseClient({
    // The delivery retries: the SDK would not see refused records, and would hide that a response was lost.
    maxAttempts: 1,
    requestHandler: { httpAgent: agent, httpsAgent: agent },
  });
}

export function createPutRecords(client: FirehoseClient, deliveryStreamName: string): PutRecords {
  // Bodies to write over. Firehose has read a body when it has decided over its records; any other may still be on its way.
  const bodies: Buffer[] = [];
  return async (batch, signal) => {
    const body = encodeRequestBody(deliveryStreamName, batch, bodies.pop());
    const command = createCommand(deliveryStreamName, body);
    const send = () => client.send(command, { abortSignal: signal });
    try {
      const response = responseOf(await callAws(command.middlewareStack, send, signal), batch.length);
      bodies.push(body);
      return response;
    } catch (error) {
      const cause = toAwsCallError(error);
      return { kind: cause.kind, refused: [...batch.keys()], throttled: [], cause };
    }
  };
}

/** The call, whose records go past the SDK's serializer; endpoint, headers, signature and response stay the SDK's. */
function createCommand(deliveryStreamName: string, body: Buffer): PutRecordBatchCommand {
  const command = new PutRecordBatchCommand({ DeliveryStreamName: deliveryStreamName, Records: [] });
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { body: Uint8Array }).body = body;
      return next(args);
    },
    // Low: after the SDK's own serializer, before everything that looks at the body.
    { name: 'requestBody', step: 'serialize', priority: 'low' },
  );
  return command;
}

/** The only error of a record that can mean the stream's quota. */
const throttled = 'ServiceUnavailableException';

/**
 * The decision of Firehose on each record. Only a record with an id is stored, and `FailedPutCount` must agree.
 *
 * @throws AwsCallError of kind `lost` if the response contradicts itself.
 */
function responseOf(
  { RequestResponses: responses = [], FailedPutCount = 0 }: PutRecordBatchOutput,
  recordsSent: number,
): PutResponse {
  const refused = [...responses.keys()].filter(
    (place) => responses[place]!.ErrorCode || !responses[place]!.RecordId,
  );
  if (responses.length !== recordsSent || refused.length !== FailedPutCount) {
    throw new AwsCallError(
      'lost',
      `Firehose decided over ${responses.length} of ${recordsSent} records and refused ${refused.length} of them, ` +
        `but says that it refused ${FailedPutCount}`,
    );
  }
  const { ErrorCode, ErrorMessage } = responses[refused[0] ?? -1] ?? {};
  return {
    kind: 'decided',
    refused,
    throttled: refused.filter((place) => responses[place]!.ErrorCode === throttled),
    ...(refused.length > 0 && { cause: new Error(`${ErrorCode}: ${ErrorMessage}`) }),
  };
}

/**
 * The JSON of a `PutRecordBatch` call, as the bytes to send: the same as the SDK makes of the same input, but written
 * once. The SDK's serializer writes base64 a character at a time, and that is a fifth to a third of a run's CPU time.
 *
 * @param target A body that is no longer needed, overwritten if it is large enough.
 */
export function encodeRequestBody(deliveryStreamName: string, batch: RecordBatch, target?: Buffer): Buffer {
  const head = `{"DeliveryStreamName":${JSON.stringify(deliveryStreamName)},"Records":[`;
  const [open, between, close] = ['{"Data":"', '"},{"Data":"', '"}]}'];
  const dataBytes = batch.reduce((sum, { data }) => sum + base64Bytes(data.length), 0);
  const length =
    Buffer.byteLength(head) + open.length + dataBytes + between.length * (batch.length - 1) + close.length;
  const isLargeEnough = target !== undefined && target.buffer.byteLength >= length;
  const body = isLargeEnough ? Buffer.from(target.buffer, 0, length) : Buffer.allocUnsafeSlow(length);
  let at = body.write(head + open);
  for (const [place, { data }] of batch.entries()) {
    if (place > 0) {
      at += body.write(between, at, 'latin1');
    }
    at += body.write(data.toString('base64'), at, 'latin1');
  }
  body.write(close, at, 'latin1');
  return body;
}
