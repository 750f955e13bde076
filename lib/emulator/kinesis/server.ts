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
import {
  describeChildren,
  describeShard,
  describeStream,
  findOpenShard,
  findShard,
  nameOf,
} from './shards.ts';
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
      const shards = stream.shards.filter(({ shardId }) => shardId > (input.ExclusiveStartShardId ?? ''));
      const page = shards.slice(0, input.Limit ?? 100);
      const description = { ...describeStream(stream), Shards: page.map(describeShard) };
      return { StreamDescription: { ...description, HasMoreShards: page.length < shards.length } };
    },

    DescribeStreamSummary: (input) => {
      const stream = findStream(input);
      const counts = { OpenShardCount: stream.openShards.length, ConsumerCount: 0 };
      return { StreamDescriptionSummary: { ...describeStream(stream), ...counts } };
    },

    ListShards: (input) => {
      const [streamName, lastShardId] = input.NextToken?.split('/') ?? [];
      const stream = findStream(streamName === undefined ? input : { StreamName: streamName });
      const after = lastShardId ?? input.ExclusiveStartShardId ?? '';
      const isOpenOnly = input.ShardFilter?.Type === 'AT_LATEST';
      const shards = stream.shards.filter(
        ({ shardId, isClosed }) => shardId > after && !(isOpenOnly && isClosed),
      );
      const page = shards.slice(0, input.MaxResults ?? 1_000);
      return {
        Shards: page.map(describeShard),
        ...(page.length < shards.length && {
          NextToken: `${stream.settings.streamName}/${page.at(-1)?.shardId}`,
        }),
      };
    },

    ListStreams: ({ Limit, ExclusiveStartStreamName, NextToken }) => {
      const after = NextToken ?? ExclusiveStartStreamName ?? '';
      const names = [...streams.keys()].sort().filter((name) => name > after);
      const page = names.slice(0, Limit ?? 100);
      const hasMore = page.length < names.length;
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
      const { ErrorCode, ErrorMessage, ...entry } = describeResult(stream, result!);
      if (ErrorCode !== undefined) {
        throw new AwsError(ErrorCode, ErrorMessage!);
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

    SplitShard: (input) => {
      const stream = findStream(input);
      const shard = findOpenShard(stream, input.ShardToSplit);
      const startHash = BigInt(input.NewStartingHashKey);
      const { start, end } = shard.hashRange;
      if (startHash <= start + 1n || startHash >= end) {
        throw new AwsError(
          'InvalidArgumentException',
          `NewStartingHashKey ${startHash} used in SplitShard() on shard ${nameOf(shard, stream)} is not both greater ` +
            `than one plus the shard's StartingHashKey ${start} and less than the shard's EndingHashKey ${end}.`,
        );
      }
      stream.split(shard, startHash);
      return {};
    },

    MergeShards: (input) => {
      const stream = findStream(input);
      const [lower, upper] = [input.ShardToMerge, input.AdjacentShardToMerge].map((id) =>
        findOpenShard(stream, id),
      ) as [Shard, Shard];
      if (lower.hashRange.end + 1n !== upper.hashRange.start) {
        throw new AwsError(
          'InvalidArgumentException',
          `Shards ${lower.shardId} and ${nameOf(upper, stream)} are not an adjacent pair of shards eligible for merging`,
        );
      }
      stream.merge(lower, upper);
      return {};
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

interface ResultEntry {
  readonly ShardId?: string;
  readonly SequenceNumber?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

function describeResult(stream: KinesisStream, { shard, position }: PutResult): ResultEntry {
  return position === undefined
    ? { ErrorCode: quotaError, ErrorMessage: `Rate exceeded for shard ${nameOf(shard, stream)}.` }
    : { SequenceNumber: shard.sequenceNumber(position), ShardId: shard.shardId };
}
