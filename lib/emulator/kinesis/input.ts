import * as v from 'valibot';
import { targets } from '../../../lambda/contract/targets.ts';
import { dataUpTo, streamName, structure, wholeNumber } from '../aws-json.ts';

// Bounds of the API reference.
const { maxRecordBytes, maxRecordsPerRequest } = targets.kinesis;
const name = streamName(targets.kinesis);
const stream = { StreamName: v.nullish(name), StreamARN: v.nullish(v.string()) };
const record = {
  Data: dataUpTo(maxRecordBytes),
  PartitionKey: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  ExplicitHashKey: v.nullish(v.pipe(v.string(), v.regex(/^(0|[1-9]\d{0,38})$/))),
};

/** The input of each supported operation; other members have no effect. */
export const inputs = {
  CreateStream: structure({ StreamName: name, ShardCount: v.nullish(wholeNumber(1, 10_000)) }),
  DescribeStream: structure(stream),
  DescribeStreamSummary: structure(stream),
  GetRecords: structure({ ShardIterator: v.string(), Limit: v.nullish(wholeNumber(1, 10_000)) }),
  GetShardIterator: structure({
    ...stream,
    ShardId: v.string(),
    ShardIteratorType: v.picklist(['AFTER_SEQUENCE_NUMBER', 'AT_SEQUENCE_NUMBER', 'LATEST', 'TRIM_HORIZON']),
    StartingSequenceNumber: v.nullish(v.string()),
  }),
  ListShards: structure(stream),
  ListStreams: structure({}),
  PutRecord: structure({ ...stream, ...record }),
  PutRecords: structure({
    ...stream,
    Records: v.pipe(v.array(structure(record)), v.minLength(1), v.maxLength(maxRecordsPerRequest)),
  }),
};

export type Input<Operation extends keyof typeof inputs> = v.InferOutput<(typeof inputs)[Operation]>;
