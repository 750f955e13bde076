import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SQSBatchResponse } from 'aws-lambda';
import type { Claim } from '../../../lambda/contract/claim.ts';
import { producerSettings } from '../../../lambda/contract/settings.ts';
import type { Workload } from '../measured-process.ts';
import { expectedOf } from './run-events.ts';

const { LAMBDA_TASK_ROOT = '', _HANDLER = '', AWS_LAMBDA_FUNCTION_NAME } = process.env;
const { RUN_ID = '', SENT_FROM_MS, SENT_TO_MS } = process.env;
const [file, exportName = ''] = _HANDLER.split('.');
const { [exportName]: handler } = await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href);

const remainingTimeMs = 900_000;

/** As by default. */
const eventsPerInvocation = 100;

async function invoke<Result>(payload: object): Promise<Result> {
  const deadlineMs = Date.now() + remainingTimeMs;
  return handler(payload, {
    awsRequestId: randomUUID(),
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${AWS_LAMBDA_FUNCTION_NAME}`,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  });
}

function produce(count: number, runId: string) {
  return invoke<{ deliveryStreamName: string; eventsDelivered: number }>({ count, runId });
}

export const ours: Workload = async ({ events, measure }) => {
  const runId = randomUUID();
  const { deliveryStreamName, eventsDelivered } = await measure(() => produce(events, runId));
  return { ...expectedOf(deliveryStreamName, runId, events), events: eventsDelivered };
};

export const invocations: Workload = async ({ events, measure }) => {
  const runIds = Array.from({ length: events / eventsPerInvocation }, () => randomUUID());
  let deliveryStreamName = '';
  await measure(async () => {
    for (const runId of runIds) {
      ({ deliveryStreamName } = await produce(eventsPerInvocation, runId));
    }
  });
  const expected = runIds.map((runId) => expectedOf(deliveryStreamName, runId, eventsPerInvocation));
  return {
    events: expected.reduce((sum, run) => sum + run.events, 0),
    checksum: expected.reduce((sum, run) => (sum + run.checksum) >>> 0, 0),
  };
};

/** One invocation of the prover, with the claims of a run whose events are all in the bucket. */
export const prove: Workload = async ({ events, measure }) => {
  const Records = claimsOf(events).map((claim) => ({
    messageId: randomUUID(),
    receiptHandle: randomUUID(),
    body: JSON.stringify(claim),
    attributes: { ApproximateReceiveCount: '1' },
  }));
  const { batchItemFailures } = await measure(() => invoke<SQSBatchResponse>({ Records }));
  if (batchItemFailures.length > 0) {
    throw new Error(`${batchItemFailures.length} of ${Records.length} claims were not proven`);
  }
  return { events, checksum: 0 };
};

/** One claim per invocation of the producer. */
function claimsOf(events: number): Claim[] {
  const size = producerSettings.eventsPerSlice.default;
  return Array.from({ length: Math.ceil(events / size) }, (_, order) => ({
    runId: RUN_ID,
    slices: [[order * size, Math.min((order + 1) * size, events)]],
    sentFromMs: Number(SENT_FROM_MS),
    sentToMs: Number(SENT_TO_MS),
  }));
}
