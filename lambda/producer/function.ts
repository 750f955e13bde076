import type { Context, SQSBatchResponse } from 'aws-lambda';
import { createClient, createPutRecords } from '#target';
import { coldStartMetric } from '../contract/metrics.ts';
import type { Report } from '../contract/report.ts';
import { createCallAll, createSendAll } from '../runtime/batches.ts';
import { createLambdaHandler } from '../runtime/handler.ts';
import { createChangeVisibility, createQueueClient, createSendMessages } from '../runtime/sqs.ts';
import { madeForOf } from '../template/deployed.ts';
import { StreamPacer } from './delivery/stream-pacer.ts';
import { parseEnvironment } from './invocation/environment.ts';
import { createInvocation } from './invocation/invocation.ts';
import { createObserver } from './observer.ts';
import type { CreatePacker } from './packing/packing.ts';
import { maxDataBytes } from './packing/requests.ts';

/** One invocation of the Lambda function: see {@link createInvocation}. */
export type Handler = (payload: unknown, context: Context) => Promise<Report | SQSBatchResponse>;

/**
 * Makes the Lambda function, once for each container.
 *
 * @param template The template. @default - the default template
 * @throws InvalidEnvironmentError
 */
export function createHandler(createPacker: CreatePacker, template?: string): Handler {
  const environment = parseEnvironment(process.env);
  const { deliveryStreamName, workQueueUrl, proof, settings } = environment;
  const { concurrency, maxRequestBytes } = settings;
  const madeFor = madeForOf(environment, template);
  return createLambdaHandler(environment, ({ logger, metrics, clock }) => {
    const queueClient = createQueueClient();
    const sendTo = (url: string, delaySeconds?: number) => createSendMessages(queueClient, url, delaySeconds);
    const invoke = createInvocation({
      environment,
      madeFor,
      createPacker,
      stream: {
        putRecords: createPutRecords(createClient(concurrency), deliveryStreamName),
        pacer: new StreamPacer(concurrency * maxDataBytes(maxRequestBytes), clock.now),
      },
      queues: {
        sendSlices: createSendAll(sendTo(workQueueUrl), clock, madeFor),
        postpone: createCallAll(createChangeVisibility(queueClient, workQueueUrl), clock),
        ...(proof && {
          sendClaims: createSendAll(sendTo(proof.queueUrl, proof.delaySeconds), clock, madeFor),
        }),
      },
      clock,
      observer: createObserver(deliveryStreamName, logger, metrics),
    });
    let isCold = true;
    return (payload: unknown, context) => {
      if (isCold) {
        metrics.addMetric(coldStartMetric.name, coldStartMetric.unit, 1);
        isCold = false;
      }
      return invoke(payload, context);
    };
  });
}
