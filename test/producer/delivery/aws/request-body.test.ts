import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyFormat } from '../../../../lambda/producer/delivery/aws/firehose.ts';
import { bodyFormat as kinesisFormat } from '../../../../lambda/producer/delivery/aws/kinesis.ts';
import { encodeRequestBody } from '../../../../lambda/producer/delivery/aws/put-records.ts';

describe('the body of a request', () => {
  it('to Kinesis has the keys of each record, too', () => {
    // Prepare
    const golden = (Math.sqrt(5) - 1) / 2;
    // 376 events count as 320.
    const multiples = [0, 1, 2];
    const batch = [0, 376, 752].map((from) => ({ from, to: from + 376, data: Buffer.from(`${from}\n`) }));

    // Act
    const body = encodeRequestBody(kinesisFormat('my-stream'), batch);

    // Assess
    expect(body.toString()).toBe(
      JSON.stringify({
        StreamName: 'my-stream',
        Records: batch.map(({ from, data }, place) => ({
          Data: data.toString('base64'),
          PartitionKey: String(from),
          ExplicitHashKey: String((BigInt(golden * multiples[place]! * 2 ** 53) % 2n ** 53n) << 75n),
        })),
      }),
    );
  });

  it('takes the memory of the body before, though its keys have some digits more', () => {
    // Prepare
    const batchAt = (from: number) => [{ from, to: from + 1, data: Buffer.alloc(100) }];
    const first = encodeRequestBody(kinesisFormat('my-stream'), batchAt(1));

    // Act
    const second = encodeRequestBody(kinesisFormat('my-stream'), batchAt(1_000_000), first);

    // Assess
    expect(second.length).toBeGreaterThan(first.length);
    expect(second.buffer).toBe(first.buffer);
  });

  it('is the JSON of its records in base64, byte for byte as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.array(fc.uint8Array({ maxLength: 2_000 }), { minLength: 1, maxLength: 20 }),
        (deliveryStreamName, datas) => {
          // Prepare
          const batch = datas.map((data, from) => ({ from, to: from + 1, data: Buffer.from(data) }));
          const expected = JSON.stringify({
            DeliveryStreamName: deliveryStreamName,
            Records: batch.map(({ data }) => ({ Data: data.toString('base64') })),
          });

          // Act
          const body = encodeRequestBody(bodyFormat(deliveryStreamName), batch);

          // Assess
          expect(body.toString()).toBe(expected);
        },
      ),
    );
  });
});
