import { base64Bytes, type RecordBatch } from '../../packing/records.ts';

/**
 * The JSON of a `PutRecordBatch` call, as the bytes to send: the same as the SDK makes of the same input, but written
 * once. The SDK's serializer writes base64 a character at a time, and that is a fifth to a third of a run's CPU time.
 *
 * @param target A body that nobody needs any more. It is written over if it is large enough.
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
