import * as v from 'valibot';
import { targets } from '../../../lambda/contract/targets.ts';
import { dataUpTo, matches, maxLength, minLength, oneOf, structure, wholeNumber } from '../aws-json.ts';

// Bounds of the API reference.
const { maxRecordBytes, maxRecordsPerRequest } = targets.kinesis;
const name = v.pipe(v.string(), matches(/^[a-zA-Z0-9_.-]+$/), minLength(1), maxLength(128));
const stream = { StreamName: v.nullish(name), StreamARN: v.nullish(v.string()) };
const record = {
  Data: dataUpTo(maxRecordBytes),
  PartitionKey: v.pipe(v.string(), minLength(1), maxLength(256)),
  ExplicitHashKey: v.nullish(v.pipe(v.string(), matches(/^0|([1-9]\d{0,38})$/))),
};

/** The input of each supported operation; other members have no effect. */
export const inputs = {
  CreateStream: structure({ StreamName: name, ShardCount: v.nullish(wholeNumber(1, 10_000)) }),
  DescribeStream: structure(stream),
  DescribeStreamSummary: structure(stream),
  GetRecords: structure({ ShardIterator: v.string(), Limit: v.nullish(wholeNumber(1, 10_000)) }),
  GetShardIterator: structure({
    ...stream,
    ShardId: name,
    ShardIteratorType: v.pipe(
      v.string(),
      oneOf('AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'),
    ),
    StartingSequenceNumber: v.nullish(v.string()),
  }),
  ListShards: structure(stream),
  ListStreams: structure({}),
  PutRecord: structure({ ...stream, ...record }),
  PutRecords: structure({
    ...stream,
    Records: v.pipe(v.array(structure(record)), minLength(1), maxLength(maxRecordsPerRequest)),
  }),
};

export type Input<Operation extends keyof typeof inputs> = v.InferOutput<(typeof inputs)[Operation]>;
