import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { targets } from '../../../contract/targets.ts';
import { type BodyFormat, clientOptions, createPutRecordsOf, type PutRecords } from './put-records.ts';

export function createClient(concurrency: number): FirehoseClient {
  return new FirehoseClient(clientOptions(concurrency));
}

export function createPutRecords(client: FirehoseClient, deliveryStreamName: string): PutRecords {
  return createPutRecordsOf({
    ...targets.firehose,
    format: bodyFormat(deliveryStreamName),
    createCall: (abortSignal) => {
      const command = new PutRecordBatchCommand({ DeliveryStreamName: deliveryStreamName, Records: [] });
      return { middlewareStack: command.middlewareStack, send: () => client.send(command, { abortSignal }) };
    },
    decisionsOf: ({ RequestResponses = [], FailedPutCount = 0 }) => ({
      decisions: RequestResponses.map(({ RecordId: id, ErrorCode, ErrorMessage }) => ({
        id,
        ErrorCode,
        ErrorMessage,
      })),
      refusals: FailedPutCount,
    }),
  });
}

export function bodyFormat(deliveryStreamName: string): BodyFormat {
  return {
    head: `{"DeliveryStreamName":${JSON.stringify(deliveryStreamName)},"Records":[`,
    tailOf: () => '"}',
  };
}
