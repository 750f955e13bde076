import { relative } from 'node:path';
import type { Report } from '../../../lambda/contract/report.ts';
import { pairsLength, type SlicePair } from '../../../lambda/contract/slice.ts';
import { commandLine, commandUsage } from '../../terminal/command-line.ts';
import { isPacked } from '../../terminal/packed.ts';
import {
  formatDollars,
  formatEvents,
  formatNumber as number,
  formatCount as plural,
  quoteForShell,
} from '../../terminal/text.ts';
import type { LocalProof } from './proof.ts';
import type { LocalRun } from './run.ts';

const roughly = (durationMs: number) => `${(durationMs / 1_000).toFixed(1)} s`;
const seconds = (durationMs: number) => `${(durationMs / 1_000).toFixed(2)} s`;
const here = (path: string) => relative('', path) || '.';
const quote = (path: string) => quoteForShell(here(path));

const failures = ({ requests, requestsFailed, lastFailure }: Report) =>
  requestsFailed === 0
    ? ''
    : `; ${number(requestsFailed)} of ${plural(requests, 'request')} failed, last failure: ${lastFailure}`;

/** Ranges of lost events that are shown. */
const shownRanges = 10;

/** Upper bound of slices in a command: Linux takes no argument of more than 128 KiB. */
const maxCommandSlices = 4_000;

/**
 * Summarizes a local run and suggests the next commands, for a person who has never seen one. The prover's verdict comes last.
 *
 * @param repeat The command that runs the same stack again.
 */
export function summarize(run: LocalRun, repeat = commandUsage('start')): string {
  const { report, output, target } = run;
  const { eventsDelivered, eventsUndelivered, eventsRequested } = report;
  const outcome =
    eventsUndelivered === 0
      ? `${plural(eventsDelivered, 'event')} delivered, every one acknowledged`
      : `${number(eventsDelivered)} of ${plural(eventsRequested, 'event')} delivered, ${number(eventsUndelivered)} NOT`;
  const [firstUndelivered] = report.undelivered;
  const newest = run.objectPaths.at(-1);
  const isKinesis = target === 'Kinesis';
  return [
    '',
    `${outcome}, in ${seconds(report.durationMs)}: ${plural(report.eventsPerSecond, 'event')} a second.`,
    ...(firstUndelivered
      ? [
          `First missing: ${formatEvents(...firstUndelivered)}. For the reason: grep '"ERROR"' ${quote(run.logPath)}`,
        ]
      : []),
    '',
    `  run      ${report.runId} (the same --run-id sends the same UUIDs)`,
    `  stream   ${report.deliveryStreamName}, embedded in this run: no AWS account was used`,
    `  sent     ${plural(report.recordsDelivered, 'record')} in ${plural(report.requests, 'request')}, ` +
      `${number(report.recordsRetried)} sent again; ` +
      `${plural(report.bytesDelivered, 'byte')}, billed as ${number(report.billedBytes)}`,
    `  lambda   ${plural(run.invocations, 'invocation')}, ${plural(run.slicesQueued, 'slice')} through the work queue; ` +
      `${target} refused ${number(run.recordsRefused)} of ${plural(run.recordsOffered, 'record')}${failures(report)}`,
    `  cost     about ${formatDollars(report.estimatedCostUsd)} in AWS, ${target} and Lambda at the prices of the stack`,
    ...(report.eventsUncertain > 0
      ? [`  twice    at most ${plural(report.eventsUncertain, 'event')}: responses were lost`]
      : []),
    ...(run.maxMemoryUsedMiB > 0 ? [`  memory   ${number(run.maxMemoryUsedMiB)} MiB at most`] : []),
    `  landed   ${plural(output.objects, 'object')}, ${plural(output.bytes, 'byte')}, in ${here(output.directory)}/`,
    `  log      ${here(run.logPath)}`,
    ...(run.proof ? [describeProof(run.proof)] : []),
    '',
    ...(newest ? ['Look at the events:', `  gunzip -c ${quote(newest)} | tail -3`] : []),
    'Prove that every event arrived:',
    `  ${commandLine('verify')}`,
    'Send a million:',
    `  ${repeat} --count 1000000`,
    'Deploy it to your AWS account:',
    isPacked
      ? `  new EventProducer(this, 'Producer'${isKinesis ? ", { source: 'kinesis' }" : ''}) in a stack of your app, then cdk deploy`
      : `  npx cdk deploy${isKinesis ? ' -c source=kinesis' : ''}`,
    '',
    ...(run.proof ? describeVerdict(run, run.proof, repeat) : []),
  ].join('\n');
}

function describeProof(proof: LocalProof): string {
  const { claims, looks, mostReads, lostAfterHours, maxMemoryUsedMiB } = proof;
  const passed = lostAfterHours === undefined ? '' : `, and ${plural(lostAfterHours, 'hour')} passed at once`;
  const memory = maxMemoryUsedMiB > 0 ? `; ${number(maxMemoryUsedMiB)} MiB at most` : '';
  return (
    `  proof    ${plural(claims, 'claim')}, ${plural(looks, 'verdict')}, no object read more than ${plural(mostReads, 'time')}; ` +
    `the prover's delays are 1/${proof.timeFactor} of those in AWS${passed}${memory}; log ${here(proof.logPath)}`
  );
}

function describeVerdict({ report, target }: LocalRun, proof: LocalProof, repeat: string) {
  const { runId, eventsRequested, eventsDelivered } = report;
  const { lost, eventsUnproven, eventsProven, sinceSentMs, logPath } = proof;
  if (lost.length > 0) {
    const hidden = lost.length - shownRanges;
    return [
      `NOT proven: ${number(pairsLength(lost))} of ${plural(eventsDelivered, 'event')} are lost. ` +
        `${target} acknowledged them, and they are not in the bucket:`,
      ...lost.slice(0, shownRanges).map((pair) => `  ${formatEvents(...pair)}`),
      ...(hidden > 0 ? [`  and ${plural(hidden, 'more range')}`] : []),
      lost.length > maxCommandSlices
        ? `Send the first ${number(maxCommandSlices)} ranges again; then ${commandLine('verify', '--all')} names the others:`
        : `Send them again, then ${commandLine('verify')} checks the whole run:`,
      `  ${repeat} --run-id ${quoteForShell(runId)} --slices ${formatSlices(lost.slice(0, maxCommandSlices))}`,
    ];
  }
  if (eventsUnproven > 0) {
    return [
      `NOT proven: the prover did not find ${number(eventsUnproven)} of ${plural(eventsDelivered, 'event')}; ` +
        `its log is ${here(logPath)}`,
    ];
  }
  if (eventsDelivered === 0) {
    return ['Nothing to prove: no event was acknowledged'];
  }
  if (eventsProven === 1) {
    return [`Proven: the event is in the bucket, ${roughly(sinceSentMs)} after it was sent`];
  }
  const which = eventsDelivered === eventsRequested ? 'all' : 'the acknowledged';
  return [
    `Proven: ${which} ${plural(eventsProven, 'event')} are in the bucket, ` +
      `${roughly(sinceSentMs)} after they were sent`,
  ];
}

/** Slices as `--slices` reads them. */
function formatSlices(slices: readonly SlicePair[]): string {
  return slices.map(([from, to]) => `${from}:${to}`).join(',');
}
