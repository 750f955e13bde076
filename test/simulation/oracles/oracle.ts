import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import type { SimulatedFirehose } from '../aws/firehose.ts';
import type { SimulatedLambda } from '../worlds/lambda.ts';
import { findWrongErrors } from './error-oracle.ts';
import { copiesBySender, findWrongQueue, findWrongReports } from './report-oracle.ts';

export interface FinishedRun {
  readonly uuids: readonly string[];
  readonly eventsPerSecond?: number;
  readonly settings: ProducerSettings;
  readonly timeoutMs: number;
  readonly firehose: SimulatedFirehose;
  readonly lambda: SimulatedLambda;
}

/** An invocation must end this long before its timeout. */
const minSpareMs = 100;

/** With less time left than this, an invocation may give up on the queue. */
const maxSpareMs = 600;

export function findViolations(run: FinishedRun): string[] {
  const { uuids, settings, firehose, lambda } = run;
  const copies = copiesBySender(uuids, firehose);
  return [
    ...firehose.violations,
    ...lambda.violations,
    ...(lambda.isIdle ? [] : ['the run never ended']),
    ...findLost(run),
    ...findStrangers(run),
    ...findUnexplainedCopies(run),
    ...findTooManyCopies(run),
    ...findLateEnds(run),
    ...findEarlyEnds(run),
    ...findOtherRates(run),
    ...lambda.ended.flatMap((ended) =>
      [
        ...findWrongReports(ended, firehose, copies, settings),
        ...(ended.killed ? [] : findWrongQueue(ended, uuids.length)),
        ...(ended.killed ? [] : findWrongErrors(ended, settings)),
      ].map((what) => `invocation ${ended.invocation}: ${what}`),
    ),
  ];
}

/** Every event is in the store, or in a dead letter, which can be redriven. */
function findLost({ uuids, firehose, lambda }: FinishedRun): string[] {
  const dead = lambda.deadLetters.flatMap((letter) => {
    const { from = 0, to, count, slices } = letter as Partial<RunSlice> & { count?: number };
    return slices ?? [[from, to ?? count ?? 0] as const];
  });
  const lost = uuids.findIndex(
    (uuid, index) => !firehose.stored.has(uuid) && !dead.some(([from, to]) => index >= from && index < to),
  );
  return lost === -1 ? [] : [`event ${lost} is lost`];
}

/** Every event in the store belongs to the run. */
function findStrangers({ uuids, firehose }: FinishedRun): string[] {
  const ours = new Set(uuids);
  const strangers = [...firehose.stored.keys()].filter((uuid) => !ours.has(uuid));
  return strangers.length > 0 ? [`${strangers[0]} does not belong to the run`] : [];
}

/** Duplicates come only from lost responses and from messages that were delivered again. */
function findUnexplainedCopies({ firehose, lambda }: FinishedRun): string[] {
  const { hasRepeated } = lambda;
  for (const [uuid, copies] of firehose.stored) {
    const acknowledged = copies.filter((copy) => copy.acknowledged);
    const senders = new Set(acknowledged.map(({ sender }) => sender));
    if (senders.size < acknowledged.length) {
      return [`${uuid} was sent again although Firehose had acknowledged it`];
    }
    if (acknowledged.length > 1 && !hasRepeated) {
      return [`${uuid} was delivered twice, and nothing was delivered again`];
    }
  }
  return [];
}

/** The reports are an upper bound of the copies, unless an invocation was killed before its report. */
function findTooManyCopies({ firehose, lambda }: FinishedRun): string[] {
  if (lambda.ended.some(({ killed }) => killed)) {
    return [];
  }
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const copies = sum([...firehose.stored.values()].map(({ length }) => length));
  const reports = lambda.ended.flatMap(({ works }) => works.flatMap((work) => work.reports));
  const most = sum(reports.map(({ eventsDelivered, eventsUncertain }) => eventsDelivered + eventsUncertain));
  return copies > most ? [`${copies} copies are stored, more than the ${most} of the reports`] : [];
}

/** An invocation ends well before its timeout. */
function findLateEnds({ lambda, timeoutMs }: FinishedRun): string[] {
  const late = lambda.ended.find(
    ({ killed, times: [startedMs, endedMs] }) => !killed && endedMs - startedMs > timeoutMs - minSpareMs,
  );
  return late ? [`invocation ${late.invocation} ended less than ${minSpareMs} ms before its timeout`] : [];
}

/** An invocation gives up on the queue only when there is no time left, or when the queue refused for good. */
function findEarlyEnds({ lambda, timeoutMs }: FinishedRun): string[] {
  const early = lambda.ended.find(
    ({ error, failures, traffic, times: [startedMs, endedMs] }) =>
      [error, ...failures.map((failure) => failure.error)].some(
        (raised) => raised?.name === 'WorkQueueError',
      ) &&
      !traffic.isFinal &&
      endedMs - startedMs < timeoutMs - maxSpareMs,
  );
  return early ? [`invocation ${early.invocation} gave up on the queue although there was time left`] : [];
}

/** The messages of a steady run have its rate. */
function findOtherRates({ lambda, eventsPerSecond }: FinishedRun): string[] {
  const messages = lambda.ended.flatMap(({ traffic }) => traffic.taken);
  const other = messages.find(({ item }) => item.eventsPerSecond !== eventsPerSecond);
  return other ? [`a message has the rate ${other.item.eventsPerSecond}, not ${eventsPerSecond}`] : [];
}
