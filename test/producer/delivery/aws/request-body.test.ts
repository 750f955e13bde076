import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyFormat } from '../../../../lambda/producer/delivery/aws/firehose.ts';
import { encodeRequestBody } from '../../../../lambda/producer/delivery/aws/put-records.ts';

describe('the body of a request', () => {
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
