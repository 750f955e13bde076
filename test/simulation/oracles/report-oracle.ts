import type { Report } from '../../../lambda/contract/report.ts';
import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import type { SlicePair } from '../../../lambda/contract/slice.ts';
import type { SimulatedFirehose } from '../aws/firehose.ts';
import { type StreamAccount, zeroCounts } from '../aws/stream-account.ts';
import type { Ended, Work } from '../worlds/lambda.ts';

interface SenderCopies {
  readonly acknowledged: number[];
  unacknowledged: number;
}

export type CopiesBySender = ReadonlyMap<unknown, SenderCopies>;

export function copiesBySender(uuids: readonly string[], firehose: SimulatedFirehose): CopiesBySender {
  const bySender = new Map<unknown, SenderCopies>();
  for (const [index, uuid] of uuids.entries()) {
    for (const { sender, acknowledged } of firehose.stored.get(uuid) ?? []) {
      const copies = bySender.get(sender) ?? { acknowledged: [], unacknowledged: 0 };
      bySender.set(sender, copies);
      if (acknowledged) {
        copies.acknowledged.push(index);
      } else {
        copies.unacknowledged += 1;
      }
    }
  }
  return bySender;
}

/** Each slice has one report, and it is true. */
export function findWrongReports(
  ended: Ended,
  firehose: SimulatedFirehose,
  copies: CopiesBySender,
  { maxAttempts }: ProducerSettings,
): string[] {
  return ended.works.flatMap((work) => {
    const account = firehose.accounts.get(work);
    const missing = ended.killed ? [] : findMissingReport(work);
    const wrong = work.reports.flatMap((report) => [
      ...findWrongSum(report),
      ...findUnaccounted(report, copies.get(work)),
      ...findExtraCopies(report, copies.get(work)),
      ...findWrongCounts(report, account),
      ...findWrongCause(report, account),
      ...findWrongStop(report, account, maxAttempts),
    ]);
    return [...missing, ...wrong].map((what) => `slice [${work.slice.from}, ${work.slice.to}): ${what}`);
  });
}

function findMissingReport({ slice, reports }: Work): string[] {
  const [report] = reports;
  if (!report || reports.length > 1) {
    return [`it has ${reports.length} reports`];
  }
  const isIts = report.runId === slice.runId && report.from === slice.from && report.to === slice.to;
  return isIts ? [] : [`its report is about [${report.from}, ${report.to}) of ${report.runId}`];
}

/** The numbers of events add up, and match the lists. */
function findWrongSum(report: Report): string[] {
  const { from, to, eventsRequested, eventsDelivered, eventsQueued, eventsUndelivered } = report;
  const addsUp =
    eventsRequested === to - from && eventsRequested === eventsDelivered + eventsQueued + eventsUndelivered;
  const length = (pairs: readonly SlicePair[]) => pairs.reduce((sum, [first, end]) => sum + end - first, 0);
  const fits = length(report.queued) === eventsQueued && length(report.undelivered) === eventsUndelivered;
  return addsUp && fits ? [] : ['the report does not add up'];
}

/** Each event of a slice is exactly one of delivered, queued and undelivered. */
function findUnaccounted(report: Report, copies: SenderCopies | undefined): string[] {
  const { from, to, eventsDelivered, queued, undelivered } = report;
  const acknowledged = copies?.acknowledged ?? [];
  const times = new Uint8Array(to - from);
  for (const index of acknowledged) {
    times[index - from]! += 1;
  }
  for (const [first, end] of [...queued, ...undelivered]) {
    for (let index = first; index < end; index += 1) {
      times[index - from]! += 1;
    }
  }
  const wrong = times.findIndex((number) => number !== 1);
  const isOther = acknowledged.length !== eventsDelivered;
  return [
    ...(wrong === -1 ? [] : [`event ${from + wrong} is accounted for ${times[wrong]} times`]),
    ...(isOther ? [`${acknowledged.length} events were acknowledged, not ${eventsDelivered}`] : []),
  ];
}

/** The report has an upper bound of the copies without a response. */
function findExtraCopies({ eventsUncertain }: Report, copies: SenderCopies | undefined): string[] {
  const extra = copies?.unacknowledged ?? 0;
  return extra > eventsUncertain ? [`${extra} copies may be extra ones, not ${eventsUncertain} at most`] : [];
}

/** The counts of requests match the stream's. */
function findWrongCounts(report: Report, account: StreamAccount | undefined): string[] {
  const names = Object.keys(zeroCounts) as (keyof typeof zeroCounts)[];
  const counts = account?.counts ?? zeroCounts;
  return names
    .filter((name) => report[name] !== counts[name])
    .map((name) => `${name} is ${counts[name]}, not ${report[name]}`);
}

function findWrongCause({ lastFailure }: Report, account: StreamAccount | undefined): string[] {
  return lastFailure === account?.lastFailure
    ? []
    : [`the last failure was "${account?.lastFailure}", not "${lastFailure}"`];
}

/** A delivery that stops early has a reason, and the report names it. */
function findWrongStop(
  { stopReason, eventsRequested, eventsDelivered }: Report,
  account: StreamAccount | undefined,
  maxAttempts: number,
): string[] {
  const attempts = account?.mostAttempts ?? 0;
  const isTrue = {
    none: attempts === 0 || eventsDelivered === eventsRequested,
    deadline: true,
    attempts: attempts === maxAttempts,
    fatal: account?.isFatal,
  };
  return [
    ...(isTrue[stopReason ?? 'none'] ? [] : [`it did not stop because of ${stopReason ?? 'nothing'}`]),
    ...(attempts > maxAttempts ? [`a record was sent ${attempts} times`] : []),
  ];
}

/**
 * Queued events are in the queue in one acknowledged message each, however many messages left them over. No message
 * has an event that was delivered.
 */
export function findWrongQueue({ works, traffic: { taken } }: Ended, events: number): string[] {
  const isQueued = new Uint8Array(events);
  const isLeftOver = new Uint8Array(events);
  for (const { queued, undelivered } of works.flatMap(({ reports }) => reports)) {
    for (const [from, to] of queued) {
      isQueued.fill(1, from, to);
    }
    for (const [from, to] of [...queued, ...undelivered]) {
      isLeftOver.fill(1, from, to);
    }
  }
  const times = new Uint8Array(events);
  for (const { item: slice, acknowledged } of taken) {
    if (isLeftOver.subarray(slice.from, slice.to).includes(0)) {
      return [`the queue holds [${slice.from}, ${slice.to}), which is not left over`];
    }
    if (acknowledged) {
      times.subarray(slice.from, slice.to).forEach((number, place, part) => {
        part[place] = number + 1;
      });
    }
  }
  const wrong = times.findIndex((number, index) => number !== isQueued[index]);
  return wrong === -1 ? [] : [`event ${wrong} is in the queue ${times[wrong]} times, not ${isQueued[wrong]}`];
}
