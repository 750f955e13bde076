import type { Report } from '../../contract/report.ts';
import { partsOf, type RunSlice, type SlicePair } from '../../contract/slice.ts';

const maxPayloads = 3;

/** In errors about the customer-managed key of the stream. */
const ofKey = /kms/i;

const keyRemedy =
  "the stream's key: the function's role needs kms:GenerateDataKey and kms:Decrypt on it (streamKey), and it must be enabled";

/** Why a delivery stopped before the end of its slice, and what failed last. */
export function describeStop({ stopReason, lastFailure, requests, requestsFailed }: Report): string {
  const reason = {
    deadline: 'timeout near',
    attempts: 'a record was sent as often as maxAttempts allows',
    fatal: 'an error that no retry can fix',
  }[stopReason ?? 'fatal'];
  const failure = lastFailure ? `; last failure: ${lastFailure.replace(/\.$/, '')}` : '';
  const remedy = lastFailure && ofKey.test(lastFailure) ? `. Check ${keyRemedy}` : '';
  return `${reason}; ${requestsFailed} of ${requests} requests failed${failure}${remedy}`;
}

export function describeNothingDelivered(report: Report, slice: RunSlice): string {
  const { runId, deliveryStreamName, eventsRequested, eventsUncertain } = report;
  const uncertain =
    eventsUncertain > 0
      ? ` (${Math.min(eventsUncertain, eventsRequested)} at most may be stored all the same)`
      : '';
  return (
    `Not one of the ${eventsRequested} events of run ${runId} was delivered to ${deliveryStreamName}${uncertain}: ` +
    `${describeStop(report)}. ${describePayloads(report, slice)}`
  );
}

export function describeUnqueued(report: Report, slice: RunSlice, queueFailure: Error | undefined): string {
  const { runId, eventsRequested, eventsDelivered, eventsQueued, eventsUndelivered, stopReason } = report;
  const stop = stopReason ? `. The delivery had stopped: ${describeStop(report)}` : '';
  return (
    `The work queue did not take ${eventsUndelivered} of the ${eventsRequested} events of run ${runId}: ` +
    `${queueFailure?.message ?? 'no time was left'}. ` +
    `${eventsDelivered} are delivered, ${eventsQueued} are queued${stop}. ${describePayloads(report, slice)}`
  );
}

/** Payloads that send what is undelivered of a slice, at its own rate if it has one. */
function describePayloads({ undelivered }: Report, slice: RunSlice): string {
  const payloads = undelivered
    .slice(0, maxPayloads)
    .map(([from, to]: SlicePair) => JSON.stringify({ ...partsOf(slice)[0], from, to }));
  const more = undelivered.length - payloads.length;
  return (
    `To send them again, invoke the function with ${payloads.join(', then with ')}` +
    (more > 0 ? `, and so on for the other ${more} slices in the report's "undelivered"` : '')
  );
}
