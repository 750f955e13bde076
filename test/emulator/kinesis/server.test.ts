import {
  CreateStreamCommand,
  DeleteStreamCommand,
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
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
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
    expect(put).toMatchObject({ FailedRecordCount: 0, EncryptionType: 'NONE' });
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
    expect(await from('AT_TIMESTAMP', { Timestamp: new Date(nowMs + 500) })).toEqual(['b', 'c']);
    const behind = await read(client, await iterate(client, '0'), 1);
    expect(behind).toMatchObject({ texts: ['a'], MillisBehindLatest: 2_000 });
  });

  it('creates, describes, lists and deletes streams', async () => {
    // Prepare
    const { client, call } = await makeKinesis();
    const StreamModeDetails = { StreamMode: 'ON_DEMAND' as const };

    // Act
    await client.send(new CreateStreamCommand({ StreamName: 'other', StreamModeDetails }));
    const list = await client.send(new ListStreamsCommand({ Limit: 1 }));
    const rest = await client.send(new ListStreamsCommand({ NextToken: list.NextToken }));
    const other = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'other' }));
    const mine = await client.send(new DescribeStreamCommand({ StreamName, Limit: 2 }));
    const { StreamDescription: description } = mine;
    await client.send(new DeleteStreamCommand({ StreamARN: description?.StreamARN }));
    const deleted = await call('DescribeStreamSummary', { StreamName });

    // Assess
    expect([list.StreamNames, list.HasMoreStreams]).toEqual([['my-stream'], true]);
    expect([rest.StreamNames, rest.HasMoreStreams]).toEqual([['other'], false]);
    expect(other.StreamDescriptionSummary).toMatchObject({
      StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/other',
      StreamStatus: 'ACTIVE',
      StreamModeDetails,
      OpenShardCount: 4,
      RetentionPeriodHours: 24,
    });
    expect(description).toMatchObject({
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      HasMoreShards: true,
    });
    expect(description?.Shards).toHaveLength(2);
    expect(description?.StreamCreationTimestamp?.getTime()).toBeCloseTo(Date.now(), -5);
    expect(deleted.error).toBe(
      'ResourceNotFoundException: Stream my-stream under account 123456789012 not found.',
    );
  });

  it('lists shards page by page', async () => {
    // Prepare
    const { client } = await makeKinesis();

    // Act
    const first = await client.send(new ListShardsCommand({ StreamName, MaxResults: 2 }));
    const second = await client.send(new ListShardsCommand({ NextToken: first.NextToken }));

    // Assess: as AWS divides the hash keys
    const shards = [...first.Shards!, ...second.Shards!];
    expect(second.NextToken).toBeUndefined();
    expect(
      shards.map(({ ShardId, HashKeyRange: range }) => [
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

describe('resharding', () => {
  it('sends records to the new shards, and readers from each shard to its children', async () => {
    // Prepare
    const { client, stream } = await makeKinesis({ shards: 2 });
    const put = (text: string) =>
      client.send(new PutRecordsCommand({ StreamName, Records: [...entriesOf(text, text, `${text} `)] }));

    // Act
    const scale = (TargetShardCount: number) =>
      client.send(
        new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: 'UNIFORM_SCALING' }),
      );
    await put('before');
    await scale(4);
    await put('four');
    const { CurrentShardCount } = await scale(3);
    await put('three');

    // Assess: following the children from the first shards finds every record
    const [seen, visited] = [[] as string[], new Set<string>()];
    for (const open = ['shardId-000000000000', 'shardId-000000000001']; open.length > 0; ) {
      const id = open.shift()!;
      if (!visited.has(id)) {
        visited.add(id);
        const { texts, ChildShards, NextShardIterator } = await read(client, await iterate(client, id));
        seen.push(...texts!);
        open.push(...(ChildShards ?? []).map(({ ShardId }) => ShardId!));
        expect(NextShardIterator === undefined).toBe((ChildShards ?? []).length > 0);
      }
    }
    const words = ['before', 'four', 'three'];
    expect(seen.sort()).toEqual(words.flatMap((word) => [word, word, `${word} `]).sort());
    expect(visited.size).toBe(stream.shards.length);
    const { Shards } = await client.send(
      new ListShardsCommand({ StreamName, ShardFilter: { Type: 'AT_LATEST' } }),
    );
    expect([CurrentShardCount, Shards?.length]).toEqual([4, 3]);
    const all = await client.send(new ListShardsCommand({ StreamName }));
    expect(all.Shards?.[6]).toMatchObject({
      ParentShardId: 'shardId-000000000002',
      AdjacentParentShardId: 'shardId-000000000003',
    });
    const ends = all.Shards?.map(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber);
    expect(ends).toEqual([...Array(6).fill(expect.stringMatching(/^\d{56}$/)), ...Array(3)]);
  });
});

describe('the size limit', () => {
  it('removes the oldest records, wherever they are, and old iterators go on with what is left', async () => {
    // Prepare
    let clock = 0;
    const { client, stream } = await makeKinesis({ shards: 2 }, { maxBytes: 5_000, now: () => clock });
    const put = async (text: string, ExplicitHashKey: string) => {
      clock += 1;
      const Data = Buffer.from(text.padEnd(1_000));
      await client.send(new PutRecordCommand({ StreamName, Data, PartitionKey: 'p', ExplicitHashKey }));
    };
    await put('a', '0');
    const [atStart, upper] = [await iterate(client, '0'), String(top)];

    // Act
    await put('b', upper);
    await put('c', '0');
    await put('d', upper);
    await put('e', upper);

    // Assess: of 1,257 bytes each, with what surrounds them, three are left
    const texts = async (iterator: string | undefined) =>
      (await read(client, iterator)).texts?.map((text) => text.trim());
    expect(await texts(atStart)).toEqual(['c']);
    expect(await texts(await iterate(client, '0'))).toEqual(['c']);
    expect(await texts(await iterate(client, '1'))).toEqual(['d', 'e']);
    expect(stream.shards.map(({ first }) => first)).toEqual([2, 2]);
  });
});

const wide = 'a'.repeat(129);
const number = { ShardIteratorType: 'AT_SEQUENCE_NUMBER', ShardId: 'shardId-0' };
const record = { StreamName, PartitionKey: 'a', Data: '' };
const notFound = 'ResourceNotFoundException: Stream other under account 123456789012 not found.';
const constraint = (value: string, member: string, rule: string) =>
  `ValidationException: 1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: Member must ${rule}`;
const either = (asked: string) =>
  'InvalidArgumentException: Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or ' +
  `(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${asked} StartingSequenceNumber.`;
const inStream = 'in stream my-stream under account 123456789012';
/** Requests and AWS's errors for them, as kinesalite's tests record them. */
const recordings: readonly [operation: string, input: object, error: string | RegExp][] = [
  ['PutRecord', { ...record, StreamName: 'other' }, notFound],
  ['PutRecords', { StreamName: 'other', Records: [{ PartitionKey: 'a', Data: '' }] }, notFound],
  ['ListShards', { StreamName: 'other' }, notFound],
  [
    'UpdateShardCount',
    { StreamName: 'other', ScalingType: 'UNIFORM_SCALING', TargetShardCount: 2 },
    notFound,
  ],
  [
    'PutRecords',
    { StreamName, Records: [] },
    constraint("'[]'", 'records', 'have length greater than or equal to 1'),
  ],
  ['PutRecords', { StreamName }, constraint('null', 'records', 'not be null')],
  [
    'PutRecord',
    { ...record, StreamName: wide },
    constraint(`'${wide}'`, 'streamName', 'have length less than or equal to 128'),
  ],
  [
    'PutRecord',
    { ...record, PartitionKey: '' },
    constraint("''", 'partitionKey', 'have length greater than or equal to 1'),
  ],
  [
    'PutRecord',
    { ...record, ExplicitHashKey: '' },
    constraint("''", 'explicitHashKey', 'satisfy regular expression pattern: 0|([1-9]\\d{0,38})'),
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
  ['GetRecords', {}, constraint('null', 'shardIterator', 'not be null')],
  [
    'GetRecords',
    { ShardIterator: 'a', Limit: 0 },
    constraint("'0'", 'limit', 'have value greater than or equal to 1'),
  ],
  [
    'GetRecords',
    { ShardIterator: 'a', Limit: 100_000 },
    constraint("'100000'", 'limit', 'have value less than or equal to 10000'),
  ],
  ['GetRecords', { ShardIterator: 'abcdefgh' }, 'InvalidArgumentException: Invalid ShardIterator.'],
  [
    'GetShardIterator',
    { StreamName, ShardIteratorType: 'LATEST', ShardId: 'ABKLFD8' },
    `ResourceNotFoundException: Could not find shard ABKLFD8 ${inStream}.`,
  ],
  [
    'GetShardIterator',
    { StreamName, ShardIteratorType: 'LATEST', ShardId: '2147483648' },
    `ResourceNotFoundException: Could not find shard 2147483648 ${inStream}.`,
  ],
  [
    'GetShardIterator',
    { StreamName, ShardIteratorType: 'LATEST', ShardId: 'x-2147483647' },
    `ResourceNotFoundException: Shard shardId-002147483647 ${inStream} does not exist`,
  ],
  ['GetShardIterator', { StreamName, ...number }, either('AT_SEQUENCE_NUMBER and no')],
  [
    'GetShardIterator',
    { StreamName, ...number, ShardIteratorType: 'LATEST', StartingSequenceNumber: '5' },
    either('LATEST and also a'),
  ],
  [
    'GetShardIterator',
    { StreamName, ...number, StartingSequenceNumber: '5' },
    /^InvalidArgumentException: StartingSequenceNumber 5 used in GetShardIterator on shard shardId-000000000000 .* is invalid because it did not come from this stream\.$/,
  ],
  [
    'UpdateShardCount',
    { StreamName, ScalingType: 'UNIFORM_SCALING', TargetShardCount: 7 },
    'LimitExceededException: UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 3, Target shard count: 7',
  ],
  [
    'UpdateShardCount',
    { StreamName, ScalingType: 'UNIFORM_SCALING', TargetShardCount: 1 },
    'LimitExceededException: UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: 3, Target shard count: 1',
  ],
  [
    'UpdateShardCount',
    { StreamName, ScalingType: '', TargetShardCount: 2 },
    constraint("''", 'scalingType', 'satisfy enum value set: [UNIFORM_SCALING]'),
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
    ['PutRecords', many(501), /Value at 'records' .* length less than or equal to 500$/],
    ['PutRecord', { ...record, Data: zeros(1_048_577) }, /'data' .* less than or equal to 1048576$/],
    ['PutRecord', { ...record, Data: zeros(1_048_576) }, /^InvalidArgumentException: .* 1048577 bytes/],
    ['PutRecords', many(11, zeros(1_000_000)), 'InvalidArgumentException: Records size exceeds 10 MB limit'],
    ['PutRecord', { PartitionKey: 'a', Data: '' }, constraint('null', 'streamName', 'not be null')],
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
    expect(stream.shards.map(({ end }) => end)).toEqual([1, 1, 1]);
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
  it('expires after five minutes', async () => {
    // Prepare
    let clock = 1_800_000_000_000;
    const { client } = await makeKinesis({}, { now: () => clock });
    const iterator = await iterate(client, '0');

    // Act
    clock += 299_999;
    const before = await read(client, iterator);
    clock += 1;
    const after = read(client, iterator);

    // Assess
    expect(before.texts).toEqual([]);
    await expect(after).rejects.toMatchObject({ name: 'ExpiredIteratorException' });
  });

  it.each(['', '[]', '["my-stream","0",0.5,1]', '["my-stream","0","1",9e15]', '["my-stream","0",null,9e15]'])(
    'that is made of %j is refused',
    async (text) => {
      const { call } = await makeKinesis();
      const ShardIterator = Buffer.from(text).toString('base64') || '=';
      const { error } = await call('GetRecords', { ShardIterator });
      expect(error).toBe('InvalidArgumentException: Invalid ShardIterator.');
    },
  );

  it.each([-5, 1e15])('of the position %d reads what there is', async (position) => {
    const { call } = await makeKinesis();
    const iterator = JSON.stringify(['my-stream', '0', position, Date.now()]);
    const { json } = await call('GetRecords', { ShardIterator: Buffer.from(iterator).toString('base64') });
    expect(json).toMatchObject({ Records: [], NextShardIterator: expect.any(String) });
  });
});
