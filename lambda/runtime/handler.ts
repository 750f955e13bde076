import { setTimeout } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { producerDimension, streamDimension } from '../contract/metrics.ts';
import { publishedMetricsVariable } from '../contract/variables.ts';
import type { Clock } from './clock.ts';
import { type MetricSink, publishOnly } from './metric-sink.ts';

export interface Container {
  readonly logger: Logger;
  readonly metrics: MetricSink;
  readonly clock: Clock;
}

export interface InvocationContext {
  /** The same on Lambda's own retries. */
  readonly requestId: string;
  /** When the invocation times out, in milliseconds since 1970. */
  readonly endMs: number;
}

/** Makes a Lambda function, which logs an error of an invocation and publishes its metrics whether or not it fails. */
export function createLambdaHandler<Payload, Result>(
  owner: { readonly deliveryStreamName: string; readonly producerName: string },
  createInvoke: (container: Container) => (payload: Payload, context: InvocationContext) => Promise<Result>,
): (payload: Payload, context: Context) => Promise<Result> {
  const logger = new Logger();
  const metrics = new Metrics({
    defaultDimensions: {
      [streamDimension]: owner.deliveryStreamName,
      [producerDimension]: owner.producerName,
    },
  });
  const clock: Clock = {
    now: Date.now,
    random: Math.random,
    sleep: (durationMs, signal) => setTimeout(durationMs, undefined, { signal }).catch(() => {}),
  };
  const sink = publishOnly(process.env[publishedMetricsVariable], metrics);
  const invoke = createInvoke({ logger, metrics: sink, clock });

  return async (payload, context) => {
    logger.refreshSampleRateCalculation();
    logger.addContext(context);
    try {
      return await invoke(payload, {
        requestId: context.awsRequestId,
        endMs: Date.now() + context.getRemainingTimeInMillis(),
      });
    } catch (error) {
      logger.error('invocation failed', error as Error);
      throw error;
    } finally {
      // Powertools warns if there is nothing to publish, as after an invalid payload.
      if (metrics.hasStoredMetrics()) {
        metrics.publishStoredMetrics();
      }
    }
  };
}
