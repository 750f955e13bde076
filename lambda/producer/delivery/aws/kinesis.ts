import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { targets } from '../../../contract/targets.ts';
import { type EventRecord, hashPosition } from '../../packing/records.ts';
import { type BodyFormat, clientOptions, createPutRecordsOf, type PutRecords } from './put-records.ts';

export function createClient(concurrency: number): KinesisClient {
  const { requestHandler, ...options } = clientOptions(concurrency);
  // HTTP/1.1, as for the other services: the SDK's own choice for Kinesis is one HTTP/2 connection.
  return new KinesisClient({ ...options, requestHandler: new NodeHttpHandler(requestHandler) });
}

export function createPutRecords(client: KinesisClient, streamName: string): PutRecords {
  return createPutRecordsOf({
    ...targets.kinesis,
    format: bodyFormat(streamName),
    createCall: (abortSignal) => {
      const command = new PutRecordsCommand({ StreamName: streamName, Records: [] });
      return { middlewareStack: command.middlewareStack, send: () => client.send(command, { abortSignal }) };
    },
    decisionsOf: ({ Records = [], FailedRecordCount = 0 }) => ({
      decisions: Records.map(({ SequenceNumber: id, ShardId: shard, ErrorCode, ErrorMessage }) => ({
        id,
        shard,
        ErrorCode,
        ErrorMessage,
      })),
      refusals: FailedRecordCount,
    }),
  });
}

export function bodyFormat(streamName: string): BodyFormat {
  return {
    head: `{"StreamName":${JSON.stringify(streamName)},"Records":[`,
    tailOf: (record) => `","PartitionKey":"${record.from}","ExplicitHashKey":"${hashKeyOf(record)}"}`,
  };
}

const fractionBits = 53;

/** The hash key, from 0 to below 2^128, that decides the shard. The partition key alone would scatter records at random. */
function hashKeyOf(record: EventRecord): bigint {
  return BigInt(hashPosition(record) * 2 ** fractionBits) << BigInt(128 - fractionBits);
}
