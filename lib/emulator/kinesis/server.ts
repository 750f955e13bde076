import type { RequestListener } from 'node:http';
import { targets } from '../../../lambda/contract/targets.ts';
import { onDemandShards } from '../../aws/quotas.ts';
import {
  AwsError,
  type AwsJsonService,
  account,
  checkRequestSize,
  createAwsJsonListener,
  kinesisStreamArn,
} from '../aws-json.ts';
import { type Input, inputs } from './input.ts';
import { type Shard, sizeOf } from './shard.ts';
import { hashOf, KinesisStream, maxHashKey, type NewRecord } from './stream.ts';

/** Start of the `X-Amz-Target` of requests to Kinesis. */
export const kinesisTargetPrefix = 'Kinesis_20131202.';

const { maxRecordBytes, maxRequestBytes } = targets.kinesis;

/**
 * Responds as Amazon Kinesis Data Streams does, in AWS JSON 1.1, to what clients need to put and read records. Streams have the
 * shards that they were made with, each list is one page, and iterators do not expire.
 *
 * @param given Streams that exist from the start.
 */
export function createKinesisListener(given: readonly KinesisStream[]): RequestListener {
  const streams = new Map(given.map((stream) => [stream.settings.streamName, stream]));

  const findStream = ({ StreamName, StreamARN }: Input<'ListShards'>): KinesisStream => {
    const name = StreamName ?? StreamARN?.split('/').at(-1) ?? '(none given)';
    const stream = streams.get(name);
    if (stream === undefined) {
      throw new AwsError('ResourceNotFoundException', `Stream ${name} under account ${account} not found.`);
    }
    return stream;
  };

  const handlers: AwsJsonService<typeof inputs>['handlers'] = {
    CreateStream: ({ StreamName, ShardCount }) => {
      if (streams.has(StreamName)) {
        const message = `Stream ${StreamName} under account ${account} already exists.`;
        throw new AwsError('ResourceInUseException', message);
      }
      const shards = ShardCount ?? onDemandShards;
      streams.set(StreamName, new KinesisStream({ streamName: StreamName, shards }));
      return {};
    },

    DescribeStream: (input) => {
      const stream = findStream(input);
      const shards = { Shards: stream.describeShards(), HasMoreShards: false };
      return { StreamDescription: { ...describeStream(stream), ...shards } };
    },

    DescribeStreamSummary: (input) => {
      const stream = findStream(input);
      return {
        StreamDescriptionSummary: { ...describeStream(stream), OpenShardCount: stream.shards.length },
      };
    },

    ListShards: (input) => ({ Shards: findStream(input).describeShards() }),

    ListStreams: () => ({ StreamNames: [...streams.keys()].sort(), HasMoreStreams: false }),

    PutRecord: async (input) => {
      const [entry] = await findStream(input).put([toNewRecord(input)]);
      if ('ErrorCode' in entry!) {
        throw new AwsError(entry.ErrorCode, entry.ErrorMessage);
      }
      return entry!;
    },

    PutRecords: async (input) => {
      const stream = findStream(input);
      const records = input.Records.map(toNewRecord);
      checkRequestSize(
        records.reduce((sum, record) => sum + sizeOf(record), 0),
        maxRequestBytes,
      );
      const entries = await stream.put(records);
      return {
        FailedRecordCount: entries.filter((entry) => 'ErrorCode' in entry).length,
        Records: entries,
      };
    },

    GetShardIterator: (input) => {
      const stream = findStream(input);
      // As in AWS, anything that ends with the shard's index.
      const index = Number(/\d+$/.exec(input.ShardId)?.[0]);
      const shard = stream.shards[index];
      if (shard === undefined) {
        const name = `${input.ShardId} in stream ${stream.settings.streamName} under account ${account}`;
        throw new AwsError('ResourceNotFoundException', `Shard ${name} does not exist`);
      }
      return { ShardIterator: writeIterator(stream, index, startOf(shard, input)) };
    },

    GetRecords: ({ ShardIterator, Limit }) => {
      const place = Buffer.from(ShardIterator, 'base64').toString();
      const [, StreamName, index, position] = /^([\w.-]+)\/(\d+)\/(\d+)$/.exec(place) ?? [];
      const stream = streams.get(StreamName ?? '');
      const shard = stream?.shards[Number(index)];
      if (stream === undefined || shard === undefined) {
        throw new AwsError('InvalidArgumentException', 'Invalid ShardIterator.');
      }
      // Iterators of records that were removed go on with the oldest one that is left.
      const start = Math.min(Math.max(Number(position), shard.first), shard.end);
      const records = shard.read(start, Limit ?? 10_000);
      const end = start + records.length;
      return {
        Records: records.map(({ data, partitionKey, arrivedMs }, offset) => ({
          SequenceNumber: shard.sequenceNumber(start + offset),
          ApproximateArrivalTimestamp: arrivedMs / 1_000,
          Data: data.toString('base64'),
          PartitionKey: partitionKey,
        })),
        MillisBehindLatest: stream.now() - (shard.at(end)?.arrivedMs ?? stream.now()),
        NextShardIterator: writeIterator(stream, Number(index), end),
      };
    },
  };

  return createAwsJsonListener({ targetPrefix: kinesisTargetPrefix, inputs, handlers, maxRequestBytes });
}

function describeStream({ settings, createdMs }: KinesisStream) {
  return {
    StreamName: settings.streamName,
    StreamARN: kinesisStreamArn(settings.streamName),
    StreamStatus: 'ACTIVE',
    StreamCreationTimestamp: createdMs / 1_000,
    RetentionPeriodHours: 24,
    EnhancedMonitoring: [],
  };
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

function writeIterator({ settings }: KinesisStream, shardIndex: number, position: number): string {
  return Buffer.from(`${settings.streamName}/${shardIndex}/${position}`).toString('base64');
}

/** The position at which an iterator starts. @throws AwsError if its start is not a record of the shard. */
function startOf(
  shard: Shard,
  { ShardIteratorType: type, StartingSequenceNumber: number }: Input<'GetShardIterator'>,
): number {
  if (!type.endsWith('_SEQUENCE_NUMBER')) {
    return type === 'LATEST' ? shard.end : shard.first;
  }
  const position = shard.positionOf(number ?? '');
  if (position === undefined) {
    const message = `StartingSequenceNumber ${number} belongs to no record of ${shard.shardId}`;
    throw new AwsError('InvalidArgumentException', message);
  }
  return type === 'AT_SEQUENCE_NUMBER' ? Math.max(position, 0) : position + 1;
}
