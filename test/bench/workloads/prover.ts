import { randomUUID } from 'node:crypto';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Claim } from '../../../lambda/contract/claim.ts';
import { producerSettings } from '../../../lambda/contract/settings.ts';
import type { Workload } from '../measured-process.ts';
import { loadBundle } from './bundle.ts';

/** The bundled prover, as `cdk deploy` would upload it, called as Lambda calls it. */

const bundle = loadBundle<(event: SQSEvent, context: object) => Promise<SQSBatchResponse>>();

const { RUN_ID = '', SENT_FROM_MS, SENT_TO_MS } = process.env;

/** One invocation, with the claims of a run whose events are all in the bucket. */
export const prove: Workload = async ({ events, measure }) => {
  const { handler, context } = await bundle;
  const Records = claimsOf(events).map((claim) => ({
    messageId: randomUUID(),
    receiptHandle: randomUUID(),
    body: JSON.stringify(claim),
    attributes: { ApproximateReceiveCount: '1' },
  }));
  const { batchItemFailures } = await measure(() => handler({ Records } as SQSEvent, context()));
  if (batchItemFailures.length > 0) {
    throw new Error(`${batchItemFailures.length} of ${Records.length} claims were not proven`);
  }
  return { events, checksum: 0 };
};

/** Each invocation of the producer leaves one. */
function claimsOf(events: number): Claim[] {
  const size = producerSettings.eventsPerSlice.default;
  return Array.from({ length: Math.ceil(events / size) }, (_, order) => ({
    runId: RUN_ID,
    slices: [[order * size, Math.min((order + 1) * size, events)]],
    sentFromMs: Number(SENT_FROM_MS),
    sentToMs: Number(SENT_TO_MS),
  }));
}
