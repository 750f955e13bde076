import { join } from 'node:path';
import {
  DescribeDeliveryStreamCommand,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { GetRecordsCommand, GetShardIteratorCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { quotas } from '../../../lib/aws/quotas.ts';
import { type EndpointOptions, startEndpoint } from '../../../lib/emulator/endpoint.ts';
import { parseFaults } from '../../../lib/emulator/faults.ts';
import { makeClient, makeDirectory, makeSettings, readObjects } from '../firehose/factories.ts';
import { makeKinesisClient } from './factories.ts';

/** A delivery stream that reads a Kinesis stream of two shards. */
async function start(options: Partial<EndpointOptions> = {}) {
  const outputDirectory = makeDirectory();
  const accepted: string[] = [];
  const aws = await startEndpoint({
    deliveryStream: makeSettings(),
    kinesisStream: { streamName: 'source', shards: 2 },
    outputDirectory,
    onAccepted: (record) => accepted.push(record.toString()),
    ...options,
  });
  const firehose = makeClient(aws.endpointUrl);
  const kinesis = makeKinesisClient(aws.endpointUrl);
  onTestFinished(async () => {
    firehose.destroy();
    await aws.stop();
  });
  const put = (...texts: string[]) =>
    kinesis.send(
      new PutRecordsCommand({
        StreamName: 'source',
        Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text })),
      }),
    );
  const landed = async () => {
    await aws.deliveryStream.flush();
    return readObjects(join(outputDirectory, 'my-bucket')).join('');
  };
  return { aws, accepted, firehose, kinesis, put, landed };
}

const hundred = Array.from({ length: 100 }, (_, index) => `${index}\n`);

describe('a delivery stream that reads a Kinesis stream', () => {
  it('delivers its records in the order of each shard, joined', async () => {
    // Prepare
    const { aws, accepted, put, landed } = await start();

    // Act
    const outputs = [await put(...hundred.slice(0, 60)), await put(...hundred.slice(60))];

    // Assess
    expect(await landed()).toBe(hundred.join(''));
    expect(accepted).toEqual(hundred);
    expect(outputs.map(({ FailedRecordCount }) => FailedRecordCount)).toEqual([0, 0]);
    expect(aws.records).toEqual({ offered: 100, refused: 0, lost: 0 });
    expect(aws.target).toBe('Kinesis');
  });

  it('says so, and is listed by its type', async () => {
    // Prepare
    const { aws, firehose } = await start();
    const list = async (DeliveryStreamType?: 'DirectPut' | 'KinesisStreamAsSource') =>
      (await firehose.send(new ListDeliveryStreamsCommand({ DeliveryStreamType }))).DeliveryStreamNames;

    // Act
    const { DeliveryStreamDescription: description } = await firehose.send(
      new DescribeDeliveryStreamCommand({ DeliveryStreamName: 'my-stream' }),
    );

    // Assess
    expect(description).toMatchObject({
      DeliveryStreamType: 'KinesisStreamAsSource',
      Source: {
        KinesisStreamSourceDescription: {
          KinesisStreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/source',
          RoleARN: expect.stringMatching(/^arn:aws:iam::123456789012:role\//),
          DeliveryStartTimestamp: aws.deliveryStream.createdAt,
        },
      },
    });
    expect([await list(), await list('DirectPut'), await list('KinesisStreamAsSource')]).toEqual([
      ['my-stream'],
      [],
      ['my-stream'],
    ]);
  });

  it('refuses records that are put to it, in the words of AWS', async () => {
    // Prepare
    const { aws, firehose } = await start();
    const [DeliveryStreamName, Record] = ['my-stream', { Data: Buffer.from('a') }];

    // Act
    const puts = [
      firehose.send(new PutRecordCommand({ DeliveryStreamName, Record })),
      firehose.send(new PutRecordBatchCommand({ DeliveryStreamName, Records: [Record] })),
    ];

    // Assess
    for (const put of puts) {
      await expect(put).rejects.toMatchObject({
        name: 'InvalidArgumentException',
        message: 'This operation is not permitted on KinesisStreamAsSource delivery stream type.',
      });
    }
    expect(aws.records.offered).toBe(0);
  });

  it('fails the put when it cannot write, and the records stay in the Kinesis stream', async () => {
    // Prepare
    const { aws, kinesis, put } = await start();
    await aws.deliveryStream.close();

    // Act
    const failed = put('a');

    // Assess
    await expect(failed).rejects.toMatchObject({
      name: 'InternalFailure',
      $metadata: { httpStatusCode: 500 },
    });
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({ StreamName: 'source', ShardId: '0', ShardIteratorType: 'TRIM_HORIZON' }),
    );
    expect((await kinesis.send(new GetRecordsCommand({ ShardIterator }))).Records).toHaveLength(1);
  });
});

describe('the faults', () => {
  it('throttle: are those of Kinesis, in its words', async () => {
    // Prepare
    const { aws, put, landed } = await start({ faults: parseFaults('throttle=0.3') });

    // Act
    const { FailedRecordCount, Records } = await put(...hundred);

    // Assess
    const taken = hundred.filter((_, index) => Records?.[index]?.ErrorCode === undefined);
    expect(FailedRecordCount).toBe(100 - taken.length);
    expect(FailedRecordCount).toBeGreaterThan(10);
    expect(Records?.find(({ ErrorCode }) => ErrorCode)).toMatchObject({
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage: expect.stringMatching(
        /^Rate exceeded for shard shardId-00000000000[01] in stream source /,
      ),
    });
    expect(await landed()).toBe(taken.join(''));
    expect(aws.records).toEqual({ offered: 100, refused: FailedRecordCount, lost: 0 });
  });

  it('lose: acknowledged records never land, though the Kinesis stream has them', async () => {
    // Prepare
    const { aws, put, landed } = await start({ faults: parseFaults('lose=0.3') });

    // Act
    const { FailedRecordCount } = await put(...hundred);

    // Assess
    const lines = (await landed()).split('\n').length - 1;
    expect([FailedRecordCount, lines + aws.records.lost]).toEqual([0, 100]);
    expect(aws.records.lost).toBeGreaterThan(10);
  });

  // The client speaks HTTP/2.
  it.each([
    ['error=1', 0, /InternalFailure|ServiceUnavailableException/],
    ['expired=1', 0, /ExpiredTokenException/],
    ['html=1', 0, /./],
    ['reset=1', undefined, /./],
    ['truncate=1', 1, /./],
    ['outage=9s@0s', 0, /./],
  ])('%s: the SDK throws', async (faults, taken, name) => {
    // Prepare
    const { aws, put } = await start({ faults: parseFaults(faults) });

    // Act
    const error = await put('a').catch((caught) => caught);

    // Assess
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toMatch(name);
    if (taken !== undefined) {
      expect(aws.deliveryStream.totals.records).toBe(taken);
    }
  });

  it('miscount: a count or a list is wrong, though every record was taken', async () => {
    // Prepare
    const { aws, put } = await start({ faults: parseFaults('miscount=1') });

    // Act
    const outputs = await Promise.all(Array.from({ length: 10 }, () => put('a', 'b')));

    // Assess
    const kinds = outputs.map(({ FailedRecordCount, Records }) =>
      [FailedRecordCount, Records?.length].join(),
    );
    expect(new Set(kinds)).toEqual(new Set(['1,2', '0,1']));
    expect(aws.deliveryStream.totals.records).toBe(20);
  });

  it('leave Firehose alone, which is not the target', async () => {
    const { firehose } = await start({ faults: parseFaults('error=1') });
    await expect(firehose.send(new ListDeliveryStreamsCommand({}))).resolves.toBeDefined();
  });
});

it('the quota is that of each shard', async () => {
  // Prepare: two records of one shard, which has 1 MiB a second, and one of the other
  const { kinesis } = await start({ quota: quotas['us-east-1'] });
  const Records = ['1', '1', String(2n ** 127n)].map((ExplicitHashKey) => ({
    Data: Buffer.alloc(600_000),
    PartitionKey: 'p',
    ExplicitHashKey,
  }));

  // Act
  const output = await kinesis.send(new PutRecordsCommand({ StreamName: 'source', Records }));

  // Assess
  expect(output.Records?.map(({ ErrorCode }) => ErrorCode)).toEqual([
    undefined,
    'ProvisionedThroughputExceededException',
    undefined,
  ]);
});

it('without a Kinesis stream, streams can be made, and Firehose does not read them', async () => {
  const { aws, put } = await start({ kinesisStream: undefined } as Partial<EndpointOptions>);
  await expect(put('a')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect(aws.target).toBe('Firehose');
});
