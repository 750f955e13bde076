import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import type { SimulatedFirehose } from '../aws/firehose.ts';
import type { SimulatedLambda } from '../worlds/lambda.ts';
import { findWrongErrors } from './error-oracle.ts';
import { copiesBySender, findWrongQueue, findWrongReports } from './report-oracle.ts';

/** A simulated run that has come to rest. */
export interface FinishedRun {
  /** The UUIDs of the run, in order. */
  readonly uuids: readonly string[];
  /** Its steady rate. @default - none */
  readonly eventsPerSecond?: number;
  /** The producer's settings. */
  readonly settings: ProducerSettings;
  /** Time that an invocation may take. */
  readonly timeoutMs: number;
  /** The stream. */
  readonly firehose: SimulatedFirehose;
  /** The function, the queue and the dead letters. */
  readonly lambda: SimulatedLambda;
}

/** What the end of an invocation takes on a real machine. */
const leastSpareMs = 100;

/** Time left in which another call to the queue may be futile. */
const mostSpareMs = 600;

/** Everything that may not be, once a simulated run has come to rest. */
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

/** Every event is in the store, or in a dead letter that somebody can redrive. */
function findLost({ uuids, firehose, lambda }: FinishedRun): string[] {
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
function findStrangers({ uuids, firehose }: FinishedRun): string[] {
  const ours = new Set(uuids);
  const strangers = [...firehose.stored.keys()].filter((uuid) => !ours.has(uuid));
  return strangers.length > 0 ? [`${strangers[0]} is not of the run`] : [];
}

/** An event is there twice only because a response was lost, or because its message was delivered again. */
function findUnexplainedCopies({ firehose, lambda }: FinishedRun): string[] {
  const { repeated } = lambda;
  for (const [uuid, copies] of firehose.stored) {
    const acknowledged = copies.filter((copy) => copy.acknowledged);
    const senders = new Set(acknowledged.map(({ sender }) => sender));
    if (senders.size < acknowledged.length) {
      return [`${uuid} was sent again although Firehose had acknowledged it`];
    }
    if (acknowledged.length > 1 && !repeated) {
      return [`${uuid} was delivered twice, and nothing was delivered again`];
    }
  }
  return [];
}

/** The reports of a run bound the copies of its events, unless an invocation was killed before it could report. */
function findTooManyCopies({ firehose, lambda }: FinishedRun): string[] {
  if (lambda.ended.some(({ killed }) => killed)) {
    return [];
  }
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const copies = sum([...firehose.stored.values()].map(({ length }) => length));
  const reports = lambda.ended.flatMap((ended) => ended.reports);
  const most = sum(reports.map(({ eventsDelivered, eventsUncertain }) => eventsDelivered + eventsUncertain));
  return copies > most ? [`${copies} copies are stored, and the reports tell of ${most} at most`] : [];
}

/** An invocation ends well before its timeout. */
function findLateEnds({ lambda, timeoutMs }: FinishedRun): string[] {
  const late = lambda.ended.find(
    ({ killed, times: [startedMs, endedMs] }) => !killed && endedMs - startedMs > timeoutMs - leastSpareMs,
  );
  return late ? [`invocation ${late.invocation} ended less than ${leastSpareMs} ms before its timeout`] : [];
}

/** An invocation gives up on the queue only when there is no time left, or when the queue refused for good. */
function findEarlyEnds({ lambda, timeoutMs }: FinishedRun): string[] {
  const early = lambda.ended.find(
    ({ error, failures, traffic, times: [startedMs, endedMs] }) =>
      [error, ...failures.map((failure) => failure.error)].some(
        (raised) => raised?.name === 'WorkQueueError',
      ) &&
      !traffic.isFinal &&
      endedMs - startedMs < timeoutMs - mostSpareMs,
  );
  return early ? [`invocation ${early.invocation} gave up on the queue although there was time left`] : [];
}

/** What is left over of a steady run stays steady. */
function findOtherRates({ lambda, eventsPerSecond }: FinishedRun): string[] {
  const messages = lambda.ended.flatMap(({ traffic }) => traffic.taken);
  const other = messages.find(({ slice }) => slice.eventsPerSecond !== eventsPerSecond);
  return other ? [`a message has the rate ${other.slice.eventsPerSecond}, not ${eventsPerSecond}`] : [];
}
