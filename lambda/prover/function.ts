import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createCallAll } from '../runtime/batches.ts';
import { createLambdaHandler } from '../runtime/handler.ts';
import { createChangeVisibility, createQueueClient, createSendMessages } from '../runtime/sqs.ts';
import { madeForOf } from '../template/deployed.ts';
import { parseEnvironment } from './claims/environment.ts';
import { createProver } from './claims/prover.ts';
import type { CreateLineReader } from './comparison/line-reader.ts';
import { createIdReader } from './lines/id-text.ts';
import { createBucket, createBucketClient } from './objects/s3.ts';
import { createObserver } from './observer.ts';

/**
 * One invocation of the Lambda function: checks whether the events of claims are in the bucket.
 *
 * @param event Messages of the proof queue.
 * @returns The messages that stay in the queue.
 * @throws ReadingError if the bucket could not be read, and no claim was settled.
 */
export type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/**
 * Makes the Lambda function, once for each container.
 *
 * @param template The template. @default - the default template
 * @throws InvalidEnvironmentError if an environment variable is invalid.
 */
export function createHandler(createReader: CreateLineReader, template?: string): Handler {
  const environment = parseEnvironment(process.env);
  const { bucketName, match, proofQueueUrl, deadLetterQueueUrl } = environment;
  return createLambdaHandler(environment, ({ logger, metrics, clock }) => {
    const queueClient = createQueueClient();
    const prove = createProver({
      createReader: match === 'id' ? createIdReader : createReader,
      environment,
      madeFor: madeForOf(environment, template),
      bucket: createBucket(createBucketClient(), bucketName),
      postpone: createCallAll(createChangeVisibility(queueClient, proofQueueUrl), clock),
      sendToDeadLetterQueue: createCallAll(createSendMessages(queueClient, deadLetterQueueUrl), clock),
      clock,
      observer: createObserver(environment, logger, metrics),
    });
    return (event, { endMs }) => prove(event, endMs);
  });
}
