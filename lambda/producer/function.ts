import { setTimeout } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { claimsUnsentMetric, streamDimension } from '../contract/metrics.ts';
import type { Report } from '../contract/report.ts';
import type { Clock } from '../runtime/clock.ts';
import { createFirehoseClient, createPutRecords } from './delivery/aws/firehose.ts';
import { Pacer } from './delivery/pacer.ts';
import { parseEnvironment } from './environment.ts';
import { createSendClaims } from './invocation/claims.ts';
import { createInvocation } from './invocation/invocation.ts';
import { createQueueClient, createSendMessages } from './invocation/sqs.ts';
import { createSendAll, createSendSlices } from './invocation/work-queue.ts';
import { addReport } from './metrics.ts';
import type { CreatePacker } from './packing/packing.ts';
import { maxDataBytes } from './packing/requests.ts';

/**
 * One invocation of the Lambda function: pushes the events of a slice, from a payload or from the work queue.
 *
 * @param payload `{"count", "runId", "from", "to", "eventsPerSecond"}`, all optional, or messages with such bodies.
 * @returns The report, or, for messages, which of them have to be delivered again.
 * @throws InvalidPayloadError if the payload asks for something else.
 * @throws NothingDeliveredError if not one event could be delivered, and none ever will without somebody's help.
 * @throws WorkQueueError if the work queue did not take what was left over.
 */
export type Handler = (payload: unknown, context: Context) => Promise<Report | SQSBatchResponse>;

/**
 * Makes the Lambda function, once for each container.
 *
 * @param createPacker Makes the records of the run's events.
 * @throws InvalidEnvironmentError if its environment variables don't fit.
 */
export function createHandler(createPacker: CreatePacker): Handler {
  const environment = parseEnvironment(process.env);
  const { deliveryStreamName, workQueueUrl, proof, settings } = environment;
  const { concurrency, maxRequestBytes } = settings;
  const logger = new Logger();
  const metrics = new Metrics({ defaultDimensions: { [streamDimension]: deliveryStreamName } });
  const clock: Clock = {
    now: Date.now,
    random: Math.random,
    sleep: (durationMs, signal) => setTimeout(durationMs, undefined, { signal }).catch(() => {}),
  };
  const queueClient = createQueueClient();
  const invoke = createInvocation({
    environment,
    createPacker,
    putRecords: createPutRecords(createFirehoseClient(concurrency), deliveryStreamName),
    sendSlices: createSendSlices(createSendMessages(queueClient, workQueueUrl), clock),
    ...(proof && {
      sendClaims: createSendClaims({
        sendAll: createSendAll(createSendMessages(queueClient, proof.queueUrl, proof.delaySeconds), clock),
        log: logger,
        onUnsent: (claims) => metrics.addMetric(claimsUnsentMetric.name, claimsUnsentMetric.unit, claims),
      }),
    }),
    pacer: new Pacer(concurrency * maxDataBytes(maxRequestBytes), Date.now),
    clock,
    log: logger,
    onReport: (report) => addReport(report, metrics),
    onRequest: (trace) => logger.debug('request', { ...trace }),
  });

  return async (payload, context) => {
    logger.refreshSampleRateCalculation();
    logger.addContext(context);
    metrics.captureColdStartMetric();
    try {
      return await invoke(payload, {
        requestId: context.awsRequestId,
        endMs: Date.now() + context.getRemainingTimeInMillis(),
      });
    } catch (error) {
      logger.error('invocation failed', error as Error);
      throw error;
    } finally {
      // Without a report, as on a bad payload, there is nothing to publish, which Powertools would warn of.
      if (metrics.hasStoredMetrics()) {
        metrics.publishStoredMetrics();
      }
    }
  };
}
