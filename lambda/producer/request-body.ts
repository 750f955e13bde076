import { base64Bytes } from './records.ts';
import type { RecordBatch } from './requests.ts';

/**
 * The JSON of a `PutRecordBatch` call, as the bytes to send: the same as the SDK makes of the same input, but written
 * once, into one buffer of the right size. The SDK's serializer writes base64 a character at a time, and that is a
 * fifth to a third of a run's CPU time.
 */
export function encodeRequestBody(deliveryStreamName: string, batch: RecordBatch): Buffer {
  const head = `{"DeliveryStreamName":${JSON.stringify(deliveryStreamName)},"Records":[`;
  const [open, between, close] = ['{"Data":"', '"},{"Data":"', '"}]}'];
  const dataBytes = batch.reduce((sum, { data }) => sum + base64Bytes(data.length), 0);
  const body = Buffer.allocUnsafe(
    Buffer.byteLength(head) + open.length + dataBytes + between.length * (batch.length - 1) + close.length,
  );
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
