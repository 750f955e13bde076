import type { Report } from '../../lambda/contract/report.ts';
import type { RunSlice } from '../../lambda/contract/slice.ts';
import type { SimulatedFirehose, StoredCopy } from './firehose.ts';
import type { Ended, SimulatedLambda } from './lambda.ts';

/**
 * Everything that may not be, once a simulated run has come to rest.
 *
 * @param uuids The UUIDs of the run, in order.
 */
export function findViolations(
  uuids: readonly string[],
  firehose: SimulatedFirehose,
  lambda: SimulatedLambda,
): string[] {
  return [
    ...firehose.violations,
    ...lambda.violations,
    ...(lambda.isIdle ? [] : ['the run never ended']),
    ...findLost(uuids, firehose, lambda),
    ...findStrangers(uuids, firehose),
    ...findUnexplainedCopies(firehose, lambda),
    ...lambda.ended.flatMap((ended) => findWrongReports(ended, uuids, firehose, lambda)),
  ];
}

/** Whether an invocation worked on the same events twice, because their message was there twice. */
function worksTwice({ begun }: Ended, lambda: SimulatedLambda): boolean {
  const overlaps = begun.some((slice, place) =>
    begun.some((other, otherPlace) => otherPlace < place && other.from < slice.to && slice.from < other.to),
  );
  return overlaps && lambda.repeated;
}

/** Every event is in the store, or in a dead letter that somebody can redrive. */
function findLost(uuids: readonly string[], firehose: SimulatedFirehose, lambda: SimulatedLambda): string[] {
  const dead = lambda.deadLetters.map((letter) => {
    const { from = 0, to, count } = letter as Partial<RunSlice> & { count?: number };
    return { from, to: to ?? count ?? 0 };
  });
  const lost = uuids.findIndex(
    (uuid, index) => !firehose.stored.has(uuid) && !dead.some(({ from, to }) => index >= from && index < to),
  );
  return lost === -1 ? [] : [`event ${lost} is lost`];
}

/** No event is in the store that is not of the run. */
function findStrangers(uuids: readonly string[], firehose: SimulatedFirehose): string[] {
  const ours = new Set(uuids);
  const strangers = [...firehose.stored.keys()].filter((uuid) => !ours.has(uuid));
  return strangers.length > 0 ? [`${strangers[0]} is not of the run`] : [];
}

/** An event is there twice only because a response was lost, or because its message was delivered again. */
function findUnexplainedCopies(firehose: SimulatedFirehose, lambda: SimulatedLambda): string[] {
  const twice = new Map(lambda.ended.map((ended) => [ended.invocation, worksTwice(ended, lambda)]));
  for (const [uuid, copies] of firehose.stored) {
    if (copies.length === 1) {
      continue;
    }
    const acknowledged = copies.filter((copy) => copy.acknowledged);
    const senders = new Set(acknowledged.map(({ invocation }) => invocation));
    if (senders.size < acknowledged.length && ![...senders].some((sender) => twice.get(sender))) {
      return [`${uuid} was sent again although Firehose had acknowledged it`];
    }
    if (acknowledged.length > 1 && !lambda.repeated) {
      return [`${uuid} was delivered by two invocations, and nothing was delivered again`];
    }
  }
  return [];
}

/** A report says what happened: its numbers add up, and they are those of the store and the queue. */
function findWrongReports(
  ended: Ended,
  uuids: readonly string[],
  firehose: SimulatedFirehose,
  lambda: SimulatedLambda,
): string[] {
  return ended.reports.flatMap((report) => {
    const wrong = (what: string) => [`the report of invocation ${ended.invocation} is wrong: ${what}`];
    const { from, to, eventsRequested, eventsDelivered, eventsQueued, eventsUndelivered } = report;
    if (
      eventsRequested !== to - from ||
      eventsRequested !== eventsDelivered + eventsQueued + eventsUndelivered
    ) {
      return wrong('it does not add up');
    }
    if (worksTwice(ended, lambda)) {
      return [];
    }
    const mine = (copy: StoredCopy) => copy.invocation === ended.invocation;
    let delivered = 0;
    let unacknowledged = 0;
    for (let index = from; index < to; index += 1) {
      const copies = (firehose.stored.get(uuids[index]!) ?? []).filter(mine);
      delivered += copies.some((copy) => copy.acknowledged) ? 1 : 0;
      unacknowledged += copies.filter((copy) => !copy.acknowledged).length;
      const isUndelivered = report.undelivered.some(([first, end]) => index >= first && index < end);
      const isSent = ended.sent.some((slice) => index >= slice.from && index < slice.to);
      const isDelivered = copies.some((copy) => copy.acknowledged);
      if (Number(isUndelivered) + Number(isSent) + Number(isDelivered) !== 1) {
        return wrong(`event ${index} is not accounted for exactly once`);
      }
    }
    if (delivered !== eventsDelivered) {
      return wrong(`${delivered} events were acknowledged, not ${eventsDelivered}`);
    }
    if (unacknowledged > report.eventsUncertain) {
      return wrong(`${unacknowledged} copies may be extra ones, not ${report.eventsUncertain} at most`);
    }
    return countsOf(report).every((count) => Number.isInteger(count) && count >= 0)
      ? []
      : wrong('a count is not a whole number');
  });
}

function countsOf(report: Report): number[] {
  return [
    report.requests,
    report.recordsDelivered,
    report.recordsRefused,
    report.recordsRetried,
    report.bytesDelivered,
    report.billedBytes,
  ];
}
