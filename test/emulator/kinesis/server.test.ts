import {
  CreateStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  type ShardIteratorType,
} from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { targets } from '../../../lambda/contract/targets.ts';
import { shardQuota } from '../../../lib/aws/quotas.ts';
import { makeKinesis } from './factories.ts';

const StreamName = 'my-stream';
const [third, top] = [113427455640312821154458202477256070485n, 2n ** 128n - 1n];

function entriesOf(...texts: string[]) {
  return texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text }));
}

async function iterate(
  client: KinesisClient,
  ShardId: string,
  ShardIteratorType: ShardIteratorType = 'TRIM_HORIZON',
  more: object = {},
) {
  const input = { StreamName, ShardId, ShardIteratorType, ...more };
  return (await client.send(new GetShardIteratorCommand(input))).ShardIterator;
}

async function read(client: KinesisClient, ShardIterator: string | undefined, Limit?: number) {
  const output = await client.send(new GetRecordsCommand({ ShardIterator, Limit }));
  return { ...output, texts: output.Records?.map(({ Data }) => Buffer.from(Data!).toString()) };
}

describe('the default client of the AWS SDK', () => {
  it('puts records, and reads them in order, shard by shard', async () => {
    // Prepare
    const { client } = await makeKinesis();
    const texts = Array.from({ length: 300 }, (_, index) => `event ${index}`);

    // Act
    const put = await client.send(new PutRecordsCommand({ StreamName, Records: entriesOf(...texts) }));
    const shards = await Promise.all(
      ['0', '1', '2'].map(async (id) => {
        const first = await read(client, await iterate(client, id), 10);
        const rest = await read(client, first.NextShardIterator);
        return { id, records: [...first.Records!, ...rest.Records!], rest };
      }),
    );

    // Assess
    expect(put.FailedRecordCount).toBe(0);
    for (const { id, records, rest } of shards) {
      const sent = texts.filter((_, index) => put.Records?.[index]?.ShardId?.endsWith(id));
      expect(records.map(({ Data }) => Buffer.from(Data!).toString())).toEqual(sent);
      expect(records.map(({ PartitionKey }) => PartitionKey)).toEqual(sent);
      const numbers = records.map(({ SequenceNumber }) => SequenceNumber!);
      expect(numbers).toEqual([...new Set(numbers)].sort());
      expect(numbers[0]).toMatch(/^\d{56}$/);
      expect(rest).toMatchObject({ MillisBehindLatest: 0, NextShardIterator: expect.any(String) });
      expect(sent.length).toBeGreaterThan(50);
    }
  });

  it('starts to read wherever it asks', async () => {
    // Prepare
    const nowMs = 1_800_000_000_000;
    let [clock, seen] = [nowMs, [] as string[]];
    const { client } = await makeKinesis({ shards: 1 }, { now: () => clock });
    for (const text of ['a', 'b', 'c']) {
      const { SequenceNumber } = await client.send(
        new PutRecordCommand({ StreamName, Data: Buffer.from(text), PartitionKey: 'p' }),
      );
      seen = [...seen, SequenceNumber!];
      clock += 1_000;
    }
    const [, StartingSequenceNumber] = seen;

    // Act
    const from = async (...start: [ShardIteratorType, object?]) =>
      (await read(client, await iterate(client, '0', ...start))).texts;

    // Assess
    expect(await from('TRIM_HORIZON')).toEqual(['a', 'b', 'c']);
    expect(await from('LATEST')).toEqual([]);
    expect(await from('AT_SEQUENCE_NUMBER', { StartingSequenceNumber })).toEqual(['b', 'c']);
    expect(await from('AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber })).toEqual(['c']);
    const behind = await read(client, await iterate(client, '0'), 1);
    expect(behind).toMatchObject({ texts: ['a'], MillisBehindLatest: 2_000 });
  });

  it('starts to read where a shard says that it starts, also before it has a record', async () => {
    // Prepare
    const { client } = await makeKinesis({ shards: 1 });
    const { Shards } = await client.send(new ListShardsCommand({ StreamName }));
    const { StartingSequenceNumber } = Shards![0]!.SequenceNumberRange!;
    const start = (type: ShardIteratorType) => iterate(client, '0', type, { StartingSequenceNumber });
    const iterators = [await start('AT_SEQUENCE_NUMBER'), await start('AFTER_SEQUENCE_NUMBER')];

    // Act
    await client.send(new PutRecordCommand({ StreamName, Data: Buffer.from('a'), PartitionKey: 'p' }));
    iterators.push(await start('AT_SEQUENCE_NUMBER'), await start('AFTER_SEQUENCE_NUMBER'));

    // Assess
    for (const iterator of iterators) {
      expect((await read(client, iterator)).texts).toEqual(['a']);
    }
  });

  it('creates, describes and lists streams', async () => {
    // Prepare
    const { client } = await makeKinesis();
    const StreamModeDetails = { StreamMode: 'ON_DEMAND' as const };

    // Act
    await client.send(new CreateStreamCommand({ StreamName: 'other', StreamModeDetails }));
    const list = await client.send(new ListStreamsCommand());
    const { StreamDescription: other } = await client.send(
      new DescribeStreamCommand({ StreamName: 'other' }),
    );
    const byArn = await client.send(new DescribeStreamSummaryCommand({ StreamARN: other?.StreamARN }));

    // Assess
    expect([list.StreamNames, list.HasMoreStreams]).toEqual([['my-stream', 'other'], false]);
    const description = {
      StreamName: 'other',
      StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/other',
      StreamStatus: 'ACTIVE',
      RetentionPeriodHours: 24,
    };
    expect(other).toMatchObject({ ...description, HasMoreShards: false });
    expect(other?.Shards).toHaveLength(4);
    expect(other?.StreamCreationTimestamp?.getTime()).toBeCloseTo(Date.now(), -5);
    expect(byArn.StreamDescriptionSummary).toMatchObject({ ...description, OpenShardCount: 4 });
  });

  it('lists shards', async () => {
    // Prepare
    const { client } = await makeKinesis();

    // Act
    const { Shards, NextToken } = await client.send(new ListShardsCommand({ StreamName }));

    // Assess: as AWS divides the hash keys
    expect(NextToken).toBeUndefined();
    expect(
      Shards?.map(({ ShardId, HashKeyRange: range }) => [
        ShardId,
        range?.StartingHashKey,
        range?.EndingHashKey,
      ]),
    ).toEqual([
      ['shardId-000000000000', '0', String(third - 1n)],
      ['shardId-000000000001', String(third), String(2n * third - 1n)],
      ['shardId-000000000002', String(2n * third), String(top)],
    ]);
  });
});

describe('a hash key', () => {
  it.each([
    ['0', '0'],
    [String(third - 1n), '0'],
    [String(third), '1'],
    [String(2n * third - 1n), '1'],
    [String(2n * third), '2'],
    [String(top), '2'],
    // Of the partition key "a", whose MD5 starts with 0c, and of "b", whose MD5 starts with 92.
    [undefined, '0', 'a'],
    [undefined, '1', 'b'],
  ])('%s belongs to shard %s', async (ExplicitHashKey, shard, PartitionKey = 'a') => {
    const { call } = await makeKinesis();
    const { json } = await call('PutRecord', { StreamName, Data: '', PartitionKey, ExplicitHashKey });
    expect(json.ShardId).toBe(`shardId-00000000000${shard}`);
  });
});

describe('the quota of a shard', () => {
  const at = (hashKey: bigint, bytes = 1) => ({
    Data: Buffer.alloc(bytes),
    PartitionKey: 'p',
    ExplicitHashKey: String(hashKey),
  });

  it('refuses records of a full shard only, each in its place, and more pass after a while', async () => {
    // Prepare
    let clock = 0;
    const { client } = await makeKinesis({}, { quota: shardQuota, now: () => clock });
    const halves = [at(0n, 524_287), at(0n, 524_287), at(0n), at(third), at(0n)];
    const put = () => client.send(new PutRecordsCommand({ StreamName, Records: halves }));

    // Act
    const first = await put();
    clock += 1_000;
    const second = await put();

    // Assess
    const Refused = {
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage:
        'Rate exceeded for shard shardId-000000000000 in stream my-stream under account 123456789012.',
    };
    const Taken = { SequenceNumber: expect.any(String), ShardId: expect.any(String) };
    expect(first).toMatchObject({ $metadata: { httpStatusCode: 200 }, FailedRecordCount: 2 });
    expect(first.Records).toEqual([Taken, Taken, Refused, Taken, Refused]);
    expect(second.FailedRecordCount).toBe(2);
  });

  it('is 1,000 records a second, too', async () => {
    // Prepare
    const { client } = await makeKinesis({ shards: 1 }, { quota: shardQuota, now: () => 0 });
    const put = () => client.send(new PutRecordsCommand({ StreamName, Records: Array(400).fill(at(0n)) }));

    // Act
    const refused = [await put(), await put(), await put()].map((output) => output.FailedRecordCount);

    // Assess
    expect(refused).toEqual([0, 0, 200]);
    await expect(client.send(new PutRecordCommand({ StreamName, ...at(0n) }))).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe('the size limit', () => {
  it('removes the oldest records of each shard, and old iterators go on with what is left', async () => {
    // Prepare
    const { client } = await makeKinesis({ shards: 2 }, { maxBytes: 5_200 });
    const put = async (text: string, ExplicitHashKey: string) => {
      const Data = Buffer.from(text.padEnd(1_000));
      await client.send(new PutRecordCommand({ StreamName, Data, PartitionKey: 'p', ExplicitHashKey }));
    };
    await put('a', '0');
    const [atStart, upper] = [await iterate(client, '0'), String(top)];

    // Act
    await put('b', '0');
    await put('c', '0');
    await put('d', upper);
    await put('e', upper);
    await put('x'.repeat(10_000), upper);

    // Assess: of 1,257 bytes each, with what surrounds them, a shard keeps two
    const texts = async (iterator: string | undefined) =>
      (await read(client, iterator)).texts?.map((text) => text.trim());
    expect(await texts(atStart)).toEqual(['b', 'c']);
    expect(await texts(await iterate(client, '0'))).toEqual(['b', 'c']);
    // However large, the newest one stays.
    expect(await texts(await iterate(client, '1'))).toEqual(['x'.repeat(10_000)]);
  });
});

const wide = 'a'.repeat(129);
const number = { ShardIteratorType: 'AT_SEQUENCE_NUMBER', ShardId: 'shardId-0' };
const record = { StreamName, PartitionKey: 'a', Data: '' };
const notFound = 'ResourceNotFoundException: Stream other under account 123456789012 not found.';
const invalid = (problem: string) => `ValidationException: 1 validation error detected: ${problem}`;
const inStream = 'in stream my-stream under account 123456789012';
/** Requests and AWS's types of errors for them, as kinesalite's tests record them. */
const recordings: readonly [operation: string, input: object, error: string | RegExp][] = [
  ['PutRecord', { ...record, StreamName: 'other' }, notFound],
  ['PutRecords', { StreamName: 'other', Records: [{ PartitionKey: 'a', Data: '' }] }, notFound],
  ['ListShards', { StreamName: 'other' }, notFound],
  [
    'PutRecords',
    { StreamName, Records: [] },
    invalid('Records: Invalid length: Expected >=1 but received 0'),
  ],
  ['PutRecords', { StreamName }, invalid('Records: Invalid key: Expected "Records" but received undefined')],
  [
    'PutRecord',
    { ...record, StreamName: wide },
    invalid(
      `StreamName: expected ${targets.kinesis.streamNameExpectation}, for example my-stream; received "${wide}"`,
    ),
  ],
  [
    'PutRecord',
    { ...record, PartitionKey: '' },
    invalid('PartitionKey: Invalid length: Expected >=1 but received 0'),
  ],
  ['PutRecord', { ...record, ExplicitHashKey: '0x' }, /^ValidationException: .*ExplicitHashKey: /],
  [
    'PutRecord',
    { ...record, ExplicitHashKey: '' },
    /^ValidationException: .*ExplicitHashKey: Invalid format: /,
  ],
  [
    'PutRecord',
    { ...record, ExplicitHashKey: String(top + 1n) },
    `InvalidArgumentException: Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${top + 1n}`,
  ],
  [
    'PutRecord',
    { ...record, Data: 'aG!=' },
    /^SerializationException: 'aG!=' can not be converted to a Blob/,
  ],
  ['PutRecord', { ...record, Data: 7 }, /^SerializationException: /],
  ['PutRecords', { StreamName, Records: ['a'] }, /^SerializationException: /],
  ['GetRecords', {}, invalid('ShardIterator: Invalid key: Expected "ShardIterator" but received undefined')],
  [
    'GetRecords',
    { ShardIterator: 'a', Limit: 0 },
    invalid('Limit: Invalid value: Expected >=1 but received 0'),
  ],
  [
    'GetRecords',
    { ShardIterator: 'a', Limit: 100_000 },
    invalid('Limit: Invalid value: Expected <=10000 but received 100000'),
  ],
  ['GetRecords', { ShardIterator: 'abcdefgh' }, 'InvalidArgumentException: Invalid ShardIterator.'],
  [
    'GetShardIterator',
    { StreamName, ShardIteratorType: 'LATEST', ShardId: 'ABKLFD8' },
    `ResourceNotFoundException: Shard ABKLFD8 ${inStream} does not exist`,
  ],
  [
    'GetShardIterator',
    { StreamName, ShardIteratorType: 'LATEST', ShardId: '2147483648' },
    `ResourceNotFoundException: Shard 2147483648 ${inStream} does not exist`,
  ],
  ['GetShardIterator', { StreamName, ...number }, /^InvalidArgumentException: StartingSequenceNumber /],
  [
    'GetShardIterator',
    { StreamName, ...number, StartingSequenceNumber: '5' },
    /^InvalidArgumentException: StartingSequenceNumber 5 belongs to no record of shardId-000000000000$/,
  ],
];

describe('a request beyond the limits', () => {
  const zeros = (bytes: number) => Buffer.alloc(bytes).toString('base64');
  const many = (count: number, Data = '') => ({
    StreamName,
    Records: Array(count).fill({ PartitionKey: 'a', Data }),
  });

  it.each([
    ...recordings,
    ['PutRecords', many(501), invalid('Records: Invalid length: Expected <=500 but received 501')],
    ['PutRecord', { ...record, Data: zeros(1_048_577) }, / Data: .* Expected <=1048576 /],
    ['PutRecord', { ...record, Data: zeros(1_048_576) }, /^InvalidArgumentException: .* 1048577 bytes/],
    ['PutRecords', many(11, zeros(1_000_000)), 'InvalidArgumentException: Records size exceeds 10 MB limit'],
    ['PutRecord', { PartitionKey: 'a', Data: '' }, /^ResourceNotFoundException: Stream \(none given\) /],
    ['CreateStream', { StreamName, ShardCount: 1 }, /^ResourceInUseException: .* already exists\.$/],
    ['RegisterStreamConsumer', { StreamName }, /^UnknownOperationException: .*got POST/],
  ] as typeof recordings)('of %s is refused as by AWS: %#', async (operation, input, error) => {
    // Prepare
    const { call, stream } = await makeKinesis();

    // Act
    const refused = await call(operation, input);

    // Assess
    expect(refused.status).toBe(400);
    expect(refused.error).toEqual(typeof error === 'string' ? error : expect.stringMatching(error));
    expect(stream.shards.map(({ end }) => end)).toEqual([0, 0, 0]);
  });

  it('is accepted one byte below them', async () => {
    // Prepare
    const { call } = await makeKinesis();

    // Act
    const [record, request] = [
      await call('PutRecord', { StreamName, PartitionKey: 'a', Data: zeros(1_048_575) }),
      await call('PutRecords', many(10, zeros(1_048_575))),
    ];

    // Assess
    expect([record.status, request.status, request.json.FailedRecordCount]).toEqual([200, 200, 0]);
  });
});

describe('an iterator', () => {
  it.each(['', 'my-stream', 'my-stream/0/-1', 'my-stream/0/0.5', 'my-stream/3/0', 'other/0/0'])(
    'that is made of %j is refused',
    async (text) => {
      const { call } = await makeKinesis();
      const ShardIterator = Buffer.from(text).toString('base64') || '=';
      const { error } = await call('GetRecords', { ShardIterator });
      expect(error).toBe('InvalidArgumentException: Invalid ShardIterator.');
    },
  );

  it('of a position beyond the end reads nothing, and goes on', async () => {
    const { call } = await makeKinesis();
    const iterator = 'my-stream/0/1000';
    const { json } = await call('GetRecords', { ShardIterator: Buffer.from(iterator).toString('base64') });
    const next = Buffer.from('my-stream/0/0').toString('base64');
    expect(json).toMatchObject({ Records: [], NextShardIterator: next });
  });
});
