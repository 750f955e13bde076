import type { RequestListener } from 'node:http';
import { targets } from '../../../lambda/contract/targets.ts';
import { onDemandShards } from '../../aws/quotas.ts';
import {
  AwsError,
  type AwsJsonService,
  account,
  createAwsJsonListener,
  kinesisStreamArn,
} from '../aws-json.ts';
import { type Input, inputs } from './input.ts';
import { readIterator, readRecords, startOf, writeIterator } from './reading.ts';
import type { Shard } from './shard.ts';
import { describeChildren, describeShard, describeStream, findShard, nameOf } from './shards.ts';
import { hashOf, KinesisStream, maxHashKey, type NewRecord, type PutResult, sizeOf } from './stream.ts';

/** Start of the `X-Amz-Target` of requests to Kinesis. */
export const kinesisTargetPrefix = 'Kinesis_20131202.';

const { maxRecordBytes, maxRequestBytes, quotaError } = targets.kinesis;

interface StreamReference {
  readonly StreamName?: string | null | undefined;
  readonly StreamARN?: string | null | undefined;
}

/**
 * Responds as Amazon Kinesis Data Streams does, in AWS JSON 1.1, to what clients need to put and read records, and to
 * reshard. Changes of streams are done at once.
 *
 * @param given Streams that exist from the start.
 */
export function createKinesisListener(given: readonly KinesisStream[], now = Date.now): RequestListener {
  const streams = new Map(given.map((stream) => [stream.settings.streamName, stream]));

  const findStream = ({ StreamName, StreamARN }: StreamReference): KinesisStream => {
    const name = StreamName ?? StreamARN?.split('/').at(-1);
    if (name === undefined) {
      throw new AwsError(
        'ValidationException',
        "1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null",
      );
    }
    const stream = streams.get(name);
    if (stream === undefined) {
      throw new AwsError('ResourceNotFoundException', `Stream ${name} under account ${account} not found.`);
    }
    return stream;
  };

  const handlers: AwsJsonService<typeof inputs>['handlers'] = {
    CreateStream: ({ StreamName, ShardCount, StreamModeDetails }) => {
      if (streams.has(StreamName)) {
        const message = `Stream ${StreamName} under account ${account} already exists.`;
        throw new AwsError('ResourceInUseException', message);
      }
      const onDemand = StreamModeDetails?.StreamMode === 'ON_DEMAND';
      const shards = onDemand ? onDemandShards : (ShardCount ?? 1);
      streams.set(StreamName, new KinesisStream({ streamName: StreamName, shards, onDemand }, { now }));
      return {};
    },

    DeleteStream: (input) => {
      streams.delete(findStream(input).settings.streamName);
      return {};
    },

    DescribeStream: (input) => {
      const stream = findStream(input);
      const [page, hasMore] = pageOf(stream.shards, idOf, input.ExclusiveStartShardId, input.Limit ?? 100);
      const shards = { Shards: page.map(describeShard), HasMoreShards: hasMore };
      return { StreamDescription: { ...describeStream(stream), ...shards } };
    },

    DescribeStreamSummary: (input) => {
      const stream = findStream(input);
      const counts = { OpenShardCount: stream.openShards.length, ConsumerCount: 0 };
      return { StreamDescriptionSummary: { ...describeStream(stream), ...counts } };
    },

    ListShards: (input) => {
      const [streamName, lastShardId] = input.NextToken?.split('/') ?? [];
      const stream = findStream(streamName === undefined ? input : { StreamName: streamName });
      const shards = input.ShardFilter?.Type === 'AT_LATEST' ? stream.openShards : stream.shards;
      const after = lastShardId ?? input.ExclusiveStartShardId;
      const [page, hasMore] = pageOf(shards, idOf, after, input.MaxResults ?? 1_000);
      const next = { NextToken: `${stream.settings.streamName}/${page.at(-1)?.shardId}` };
      return { Shards: page.map(describeShard), ...(hasMore && next) };
    },

    ListStreams: ({ Limit, ExclusiveStartStreamName, NextToken }) => {
      const names = [...streams.keys()].sort();
      const after = NextToken ?? ExclusiveStartStreamName;
      const [page, hasMore] = pageOf(names, (name) => name, after, Limit ?? 100);
      return {
        StreamNames: page,
        StreamSummaries: page.map((name) => describeStream(streams.get(name)!)),
        HasMoreStreams: hasMore,
        ...(hasMore && { NextToken: page.at(-1) }),
      };
    },

    PutRecord: async (input) => {
      const stream = findStream(input);
      const [result] = await stream.put([toNewRecord(input)]);
      const entry = describeResult(stream, result!);
      if (entry.ErrorCode !== undefined) {
        throw new AwsError(entry.ErrorCode, entry.ErrorMessage);
      }
      return { ...entry, EncryptionType: 'NONE' };
    },

    PutRecords: async (input) => {
      const stream = findStream(input);
      const records = input.Records.map(toNewRecord);
      if (records.reduce((sum, record) => sum + sizeOf(record), 0) > maxRequestBytes) {
        throw recordsTooLarge();
      }
      const results = await stream.put(records);
      return {
        FailedRecordCount: results.filter(({ position }) => position === undefined).length,
        EncryptionType: 'NONE',
        Records: results.map((result) => describeResult(stream, result)),
      };
    },

    GetShardIterator: (input) => {
      const stream = findStream(input);
      const { streamName } = stream.settings;
      const shard = findShard(stream, input.ShardId);
      const position = startOf(stream, shard, input);
      return { ShardIterator: writeIterator({ streamName, shardId: shard.shardId, position }, now()) };
    },

    GetRecords: ({ ShardIterator, Limit }) => {
      const place = readIterator(ShardIterator, now());
      const stream = findStream({ StreamName: place.streamName });
      const shard = findShard(stream, place.shardId);
      const { records, position } = readRecords(shard, place.position, Limit ?? 10_000);
      const unread = shard.at(position);
      const isFinished = shard.isClosed && unread === undefined;
      return {
        Records: records,
        MillisBehindLatest: unread ? Math.max(0, now() - unread.arrivedMs) : 0,
        ...(isFinished
          ? { ChildShards: describeChildren(shard, stream) }
          : { NextShardIterator: writeIterator({ ...place, position }, now()) }),
      };
    },

    UpdateShardCount: (input) => {
      const stream = findStream(input);
      const { TargetShardCount: count } = input;
      const current = stream.openShards.length;
      if (count > 2 * current || count < current / 2) {
        const which = count > current ? 'up over double' : 'down below half';
        throw new AwsError(
          'LimitExceededException',
          `UpdateShardCount cannot scale ${which} your current open shard count. ` +
            `Current open shard count: ${current}, Target shard count: ${count}`,
        );
      }
      stream.scale(count);
      const { streamName: StreamName } = stream.settings;
      return {
        StreamName,
        StreamARN: kinesisStreamArn(StreamName),
        CurrentShardCount: current,
        TargetShardCount: count,
      };
    },
  };

  return createAwsJsonListener({
    targetPrefix: kinesisTargetPrefix,
    inputs,
    handlers,
    // As base64 inside JSON, the largest request takes less.
    maxBodyBytes: 2 * maxRequestBytes,
    tooLarge: recordsTooLarge,
  });
}

/** AWS's words for the limit of 5 MiB that it had before. */
function recordsTooLarge(): AwsError {
  return new AwsError('InvalidArgumentException', 'Records size exceeds 10 MB limit');
}

function toNewRecord({
  Data,
  PartitionKey,
  ExplicitHashKey,
}: Input<'PutRecords'>['Records'][number]): NewRecord {
  const record = { data: Data, partitionKey: PartitionKey };
  const hashKey = ExplicitHashKey ? BigInt(ExplicitHashKey) : hashOf(PartitionKey);
  if (hashKey > maxHashKey) {
    throw new AwsError(
      'InvalidArgumentException',
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${hashKey}`,
    );
  }
  if (sizeOf(record) > maxRecordBytes) {
    throw new AwsError(
      'InvalidArgumentException',
      `Record of ${sizeOf(record)} bytes: expected at most ${maxRecordBytes} bytes of data and partition key`,
    );
  }
  return { ...record, hashKey };
}

function describeResult(stream: KinesisStream, { shard, position }: PutResult) {
  return position === undefined
    ? { ErrorCode: quotaError, ErrorMessage: `Rate exceeded for shard ${nameOf(shard, stream)}.` }
    : { SequenceNumber: shard.sequenceNumber(position), ShardId: shard.shardId };
}

const idOf = ({ shardId }: Shard) => shardId;

/** The first items after an id, and whether there are more. */
function pageOf<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  after: string | null | undefined,
  limit: number,
): [page: Item[], hasMore: boolean] {
  const rest = items.filter((item) => idOf(item) > (after ?? ''));
  return [rest.slice(0, limit), rest.length > limit];
}
