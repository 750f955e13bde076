import { DeliveryStreamType, ListDeliveryStreamsCommand } from '@aws-sdk/client-firehose';
import { describe, expect, it } from 'vitest';
import { makeServerOf } from './factories.ts';

const Twelve = ['b', 'a', 'C', 'l', 'k', 'j', 'i', 'h', 'g', 'f', 'e', 'd'];
const Sorted = ['C', 'a', 'b', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];

describe('the list of delivery streams', () => {
  it('is read page by page, each from the last name of the one before', async () => {
    // Prepare
    const { client } = await makeServerOf(...Twelve);
    const pages: string[][] = [];

    // Act
    let hasMore: boolean | undefined = true;
    while (hasMore) {
      const start = pages.at(-1)?.at(-1);
      const output = await client.send(
        new ListDeliveryStreamsCommand({ Limit: 4, ExclusiveStartDeliveryStreamName: start }),
      );
      pages.push(output.DeliveryStreamNames!);
      hasMore = output.HasMoreDeliveryStreams;
    }

    // Assess
    expect(pages).toEqual([Sorted.slice(0, 4), Sorted.slice(4, 8), Sorted.slice(8)]);
  });

  it.each([
    [Twelve, {}, Sorted.slice(0, 10), true],
    [['a', 'c'], { ExclusiveStartDeliveryStreamName: 'b' }, ['c'], false],
    [['a'], { DeliveryStreamType: DeliveryStreamType.DirectPut }, ['a'], false],
    [['a'], { DeliveryStreamType: DeliveryStreamType.KinesisStreamAsSource }, [], false],
  ])('of %j, asked for by %j, is %j; more follow: %s', async (names, input, listed, hasMore) => {
    const { client } = await makeServerOf(...names);
    const output = await client.send(new ListDeliveryStreamsCommand(input));
    expect(output).toMatchObject({ DeliveryStreamNames: listed, HasMoreDeliveryStreams: hasMore });
  });

  it.each([
    [{ Limit: 0 }, 'Limit: Invalid value: Expected >=1 but received 0'],
    [{ Limit: 10_001 }, 'Limit: Invalid value: Expected <=10000'],
    [
      { ExclusiveStartDeliveryStreamName: 'a b' },
      'ExclusiveStartDeliveryStreamName: expected the name of a delivery stream: ',
    ],
    [
      { DeliveryStreamType: 'Other' as DeliveryStreamType },
      'DeliveryStreamType: Invalid type: Expected ("DirectPut" | ',
    ],
  ])('is refused for %j', async (input, message) => {
    // Prepare
    const { client } = await makeServerOf('a');

    // Act
    const listed = client.send(new ListDeliveryStreamsCommand(input));

    // Assess
    await expect(listed).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    });
  });
});
