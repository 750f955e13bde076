import { setTimeout } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { streamDimension } from '../contract/metrics.ts';
import { createProver } from './claims/prover.ts';
import { createPause, createQueueClient, createSend } from './claims/sqs.ts';
import type { CreateLineReader } from './comparison/line-reader.ts';
import { parseEnvironment } from './environment.ts';
import { createBucket, createBucketClient } from './objects/s3.ts';

/**
 * One invocation of the Lambda function: looks whether the events of claims are in the bucket.
 *
 * @param event Messages of the proof queue.
 * @returns Which of them stay in the queue.
 * @throws ReadingError if the bucket could not be read, and no claim settled.
 */
export type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/**
 * Makes the Lambda function, once for each container.
 *
 * @param createReader Finds out what lines are.
 * @throws InvalidEnvironmentError if its environment variables don't fit.
 */
export function createHandler(createReader: CreateLineReader): Handler {
  const environment = parseEnvironment(process.env);
  const { deliveryStreamName, bucketName, proofQueueUrl, deadLetterQueueUrl } = environment;
  const logger = new Logger();
  const metrics = new Metrics({ defaultDimensions: { [streamDimension]: deliveryStreamName } });
  const queueClient = createQueueClient();
  const prove = createProver({
    createReader,
    environment,
    bucket: createBucket(createBucketClient(), bucketName),
    pause: createPause(queueClient, proofQueueUrl),
    bury: createSend(queueClient, deadLetterQueueUrl),
    clock: {
      now: Date.now,
      sleep: (durationMs, signal) => setTimeout(durationMs, undefined, { signal }).catch(() => {}),
    },
    log: logger,
    metrics,
  });

  return async (event, context) => {
    logger.refreshSampleRateCalculation();
    logger.addContext(context);
    try {
      return await prove(event, Date.now() + context.getRemainingTimeInMillis());
    } catch (error) {
      logger.error('invocation failed', error as Error);
      throw error;
    } finally {
      if (metrics.hasStoredMetrics()) {
        metrics.publishStoredMetrics();
      }
    }
  };
}
