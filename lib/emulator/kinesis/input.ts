import * as v from 'valibot';
import { targets } from '../../../lambda/contract/targets.ts';
import { dataUpTo, matches, maxLength, minLength, oneOf, structure, wholeNumber } from '../aws-json.ts';

// Bounds of the API reference.
const { maxRecordBytes, maxRecordsPerRequest } = targets.kinesis;
const name = v.pipe(v.string(), matches(/^[a-zA-Z0-9_.-]+$/), minLength(1), maxLength(128));
const hashKey = v.pipe(v.string(), matches(/^0|([1-9]\d{0,38})$/));
const sequenceNumber = v.pipe(v.string(), matches(/^0|([1-9]\d{0,128})$/));
const token = v.pipe(v.string(), minLength(1), maxLength(512));
const shardCount = wholeNumber(1, 10_000);

const stream = { StreamName: v.nullish(name), StreamARN: v.nullish(v.string()) };
const record = {
  Data: dataUpTo(maxRecordBytes),
  PartitionKey: v.pipe(v.string(), minLength(1), maxLength(256)),
  ExplicitHashKey: v.nullish(hashKey),
};

/** The input of each supported operation; other members have no effect. */
export const inputs = {
  CreateStream: structure({
    StreamName: name,
    ShardCount: v.nullish(shardCount),
    StreamModeDetails: v.nullish(
      structure({ StreamMode: v.pipe(v.string(), oneOf('PROVISIONED', 'ON_DEMAND')) }),
    ),
  }),
  DeleteStream: structure(stream),
  DescribeStream: structure({
    ...stream,
    Limit: v.nullish(wholeNumber(1, 10_000)),
    ExclusiveStartShardId: v.nullish(name),
  }),
  DescribeStreamSummary: structure(stream),
  GetRecords: structure({ ShardIterator: token, Limit: v.nullish(wholeNumber(1, 10_000)) }),
  GetShardIterator: structure({
    ...stream,
    ShardId: name,
    ShardIteratorType: v.pipe(
      v.string(),
      oneOf('AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'),
    ),
    StartingSequenceNumber: v.nullish(sequenceNumber),
    Timestamp: v.nullish(v.number()),
  }),
  ListShards: structure({
    ...stream,
    MaxResults: v.nullish(wholeNumber(1, 10_000)),
    NextToken: v.nullish(token),
    ExclusiveStartShardId: v.nullish(name),
    ShardFilter: v.nullish(structure({ Type: v.string() })),
  }),
  ListStreams: structure({
    Limit: v.nullish(wholeNumber(1, 10_000)),
    ExclusiveStartStreamName: v.nullish(name),
    NextToken: v.nullish(name),
  }),
  PutRecord: structure({ ...stream, ...record }),
  PutRecords: structure({
    ...stream,
    Records: v.pipe(v.array(structure(record)), minLength(1), maxLength(maxRecordsPerRequest)),
  }),
  UpdateShardCount: structure({
    ...stream,
    TargetShardCount: shardCount,
    ScalingType: v.pipe(v.string(), oneOf('UNIFORM_SCALING')),
  }),
};

export type Input<Operation extends keyof typeof inputs> = v.InferOutput<(typeof inputs)[Operation]>;
