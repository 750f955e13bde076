import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Workload } from '../measured-process.ts';
import { expectedOf } from './run-events.ts';

/** The bundled function, as `cdk deploy` would upload it, called as Lambda calls it. */

type Handler = (
  payload: { readonly count: number; readonly runId: string },
  context: object,
) => Promise<{ readonly deliveryStreamName: string; readonly eventsDelivered: number }>;

const { LAMBDA_TASK_ROOT = '', _HANDLER = '', AWS_LAMBDA_FUNCTION_NAME } = process.env;
const [file, exportName = ''] = _HANDLER.split('.');
const bundle: Promise<Record<string, Handler>> = import(
  pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href
);

/** Longer than any invocation takes. */
const remainingTimeMs = 900_000;

async function invoke(count: number, runId: string) {
  const handler = (await bundle)[exportName]!;
  const deadlineMs = Date.now() + remainingTimeMs;
  return handler(
    { count, runId },
    {
      awsRequestId: runId,
      functionName: AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: '$LATEST',
      invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${AWS_LAMBDA_FUNCTION_NAME}`,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      getRemainingTimeInMillis: () => deadlineMs - Date.now(),
    },
  );
}

/** One invocation. */
export const ours: Workload = async ({ events, measure }) => {
  const runId = randomUUID();
  await bundle;
  const { deliveryStreamName, eventsDelivered } = await measure(() => invoke(events, runId));
  const expected = expectedOf(deliveryStreamName, runId, events);
  return { ...expected, events: eventsDelivered };
};

/** Events of one invocation of {@link invocations}, the lesson's number. */
const eventsPerInvocation = 100;

/** Many small invocations, one after the other. */
export const invocations: Workload = async ({ events, measure }) => {
  const runIds = Array.from({ length: events / eventsPerInvocation }, () => randomUUID());
  await bundle;
  let deliveryStreamName = '';
  await measure(async () => {
    for (const runId of runIds) {
      ({ deliveryStreamName } = await invoke(eventsPerInvocation, runId));
    }
  });
  const expected = runIds.map((runId) => expectedOf(deliveryStreamName, runId, eventsPerInvocation));
  return {
    events: expected.reduce((sum, run) => sum + run.events, 0),
    checksum: expected.reduce((sum, run) => (sum + run.checksum) >>> 0, 0),
  };
};
