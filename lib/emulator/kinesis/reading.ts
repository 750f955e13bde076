import * as v from 'valibot';
import { AwsError } from '../aws-json.ts';
import type { Input } from './input.ts';
import type { Shard } from './shard.ts';
import { nameOf } from './shards.ts';
import type { KinesisStream } from './stream.ts';

/** A place in a shard. */
export interface Place {
  readonly streamName: string;
  readonly shardId: string;
  readonly position: number;
}

const iterator = v.pipe(
  v.string(),
  v.parseJson(),
  v.tuple([v.string(), v.string(), v.pipe(v.number(), v.integer()), v.number()]),
);

/** Lifetime of an iterator. */
const lifetimeMs = 300_000;

/** Upper bound of the data of one GetRecords. */
const maxReadBytes = 10 * 1_048_576;

export function writeIterator({ streamName, shardId, position }: Place, nowMs: number): string {
  return Buffer.from(JSON.stringify([streamName, shardId, position, nowMs])).toString('base64');
}

/** @throws AwsError if it is not an iterator, or has expired. */
export function readIterator(text: string, nowMs: number): Place {
  const parsed = v.safeParse(iterator, Buffer.from(text, 'base64').toString());
  if (!parsed.success) {
    throw new AwsError('InvalidArgumentException', 'Invalid ShardIterator.');
  }
  const [streamName, shardId, position, createdMs] = parsed.output;
  if (nowMs - createdMs >= lifetimeMs) {
    const [created, now] = [createdMs, nowMs].map((ms) => new Date(ms).toUTCString());
    throw new AwsError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${created} while right now it is ${now} ` +
        `which is further in the future than the tolerated delay of ${lifetimeMs} milliseconds.`,
    );
  }
  return { streamName, shardId, position };
}

/** The position at which an iterator starts. @throws AwsError if its start is not a place in the shard. */
export function startOf(stream: KinesisStream, shard: Shard, input: Input<'GetShardIterator'>): number {
  const { ShardIteratorType: type, StartingSequenceNumber: sequenceNumber, Timestamp: timestamp } = input;
  const isAtNumber = type.endsWith('_SEQUENCE_NUMBER');
  if (isAtNumber !== (typeof sequenceNumber === 'string')) {
    throw new AwsError(
      'InvalidArgumentException',
      'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or ' +
        '(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ' +
        `Request specified ${type} and ${isAtNumber ? 'no' : 'also a'} StartingSequenceNumber.`,
    );
  }
  if (typeof sequenceNumber === 'string') {
    const position = shard.positionOf(sequenceNumber);
    if (position === undefined) {
      throw new AwsError(
        'InvalidArgumentException',
        `StartingSequenceNumber ${sequenceNumber} used in GetShardIterator on shard ${nameOf(shard, stream)} ` +
          'is invalid because it did not come from this stream.',
      );
    }
    return type === 'AT_SEQUENCE_NUMBER' ? position : position + 1;
  }
  if (type !== 'AT_TIMESTAMP') {
    return type === 'LATEST' ? shard.end : shard.first;
  }
  if (typeof timestamp !== 'number') {
    throw new AwsError('InvalidArgumentException', 'Must specify a Timestamp with AT_TIMESTAMP.');
  }
  let position = shard.first;
  while (position < shard.end && shard.at(position)!.arrivedMs < timestamp * 1_000) {
    position += 1;
  }
  return position;
}

/** Reads records from a position on. A position whose record was removed means the oldest one that is left. */
export function readRecords(shard: Shard, from: number, limit: number) {
  const start = Math.min(Math.max(from, shard.first), shard.end);
  const records: object[] = [];
  let bytes = 0;
  for (let record = shard.at(start); record && records.length < limit; ) {
    records.push({
      SequenceNumber: shard.sequenceNumber(start + records.length),
      ApproximateArrivalTimestamp: record.arrivedMs / 1_000,
      Data: record.data.toString('base64'),
      PartitionKey: record.partitionKey,
    });
    bytes += record.data.length;
    record = shard.at(start + records.length);
    if (bytes + (record?.data.length ?? 0) > maxReadBytes) {
      break;
    }
  }
  return { records, position: start + records.length };
}
