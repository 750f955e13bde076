import { setTimeout } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { parseEnvironment } from './environment.ts';
import { NothingDeliveredError } from './errors.ts';
import { createFirehoseClient, createPutRecords } from './firehose.ts';
import { parsePayload } from './payload.ts';
import { produce } from './producer.ts';
import type { Report } from './report.ts';
import type { RunSlice } from './slice.ts';

const environment = parseEnvironment(process.env);
const logger = new Logger();
const putRecords = createPutRecords(
  createFirehoseClient(environment.concurrency),
  environment.deliveryStreamName,
);

/**
 * The Lambda function: pushes the events of one slice and returns the report on it.
 *
 * @param payload `{"count", "runId", "from", "to"}`, all optional.
 * @throws InvalidPayloadError if the payload asks for something else.
 * @throws NothingDeliveredError if not one event could be delivered.
 */
export async function handler(payload: unknown, context: Context): Promise<Report> {
  logger.refreshSampleRateCalculation();
  logger.resetKeys();
  logger.addContext(context);
  try {
    const slice = parsePayload(payload, { ...environment, requestId: context.awsRequestId });
    logger.appendKeys({ runId: slice.runId });
    return await run(slice);
  } catch (error) {
    logger.error('invocation failed', error as Error);
    throw error;
  }
}

async function run(slice: RunSlice): Promise<Report> {
  const { deliveryStreamName } = environment;
  logger.info('run started', { deliveryStreamName, ...slice });
  const { report, failure } = await produce(slice, {
    ...environment,
    putRecords,
    now: Date.now,
    random: Math.random,
    sleep: (durationMs, signal) => setTimeout(durationMs, undefined, { signal }).catch(() => {}),
    onRequest: (trace) => logger.debug('request', { ...trace }),
  });
  if (failure && report.eventsDelivered === 0) {
    throw new NothingDeliveredError(
      `Not one of ${report.eventsRequested} events was delivered to ${deliveryStreamName}: ${failure.message}`,
      { cause: failure },
    );
  }
  if (failure) {
    logger.error('events are undelivered', failure);
  }
  logger.info('report', { ...report });
  return report;
}
