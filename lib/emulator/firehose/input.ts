import * as v from 'valibot';
import { targets } from '../../../lambda/contract/targets.ts';
import { dataUpTo, streamName, structure, wholeNumber } from '../aws-json.ts';

const { maxRecordBytes, maxRecordsPerRequest } = targets.firehose;

const DeliveryStreamName = streamName(targets.firehose);
const FirehoseRecord = structure({ Data: dataUpTo(maxRecordBytes) });

/** The input of each supported operation; other members have no effect. */
export const inputs = {
  DescribeDeliveryStream: structure({ DeliveryStreamName }),
  ListDeliveryStreams: structure({
    Limit: v.nullish(wholeNumber(1, 10_000)),
    ExclusiveStartDeliveryStreamName: v.nullish(DeliveryStreamName),
    // Source: API reference, ListDeliveryStreams.
    DeliveryStreamType: v.nullish(
      v.picklist(['DirectPut', 'KinesisStreamAsSource', 'MSKAsSource', 'DatabaseAsSource']),
    ),
  }),
  PutRecord: structure({ DeliveryStreamName, Record: FirehoseRecord }),
  PutRecordBatch: structure({
    DeliveryStreamName,
    Records: v.pipe(v.array(FirehoseRecord), v.minLength(1), v.maxLength(maxRecordsPerRequest)),
  }),
};
