import { randomUUID } from 'node:crypto';
import type { Workload } from '../measured-process.ts';
import { loadBundle } from './bundle.ts';
import { expectedOf } from './run-events.ts';

/** The bundled producer, as `cdk deploy` would upload it, called as Lambda calls it. */

const bundle =
  loadBundle<
    (
      payload: { readonly count: number; readonly runId: string },
      context: object,
    ) => Promise<{ readonly deliveryStreamName: string; readonly eventsDelivered: number }>
  >();

async function invoke(count: number, runId: string) {
  const { handler, context } = await bundle;
  return handler({ count, runId }, context());
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
