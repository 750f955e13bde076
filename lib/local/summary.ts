import { relative } from 'node:path';
import type { Report } from '../../lambda/contract/report.ts';
import { formatDollars, formatNumber as number, formatCount as plural } from '../terminal/text.ts';
import type { LocalRun } from './run.ts';

const seconds = (durationMs: number) => `${(durationMs / 1_000).toFixed(2)} s`;
const here = (path: string) => relative('', path) || '.';
const quote = (path: string) => `'${here(path).replaceAll("'", `'\\''`)}'`;

const failures = ({ requests, requestsFailed, lastFailure }: Report) =>
  requestsFailed === 0
    ? ''
    : `; ${number(requestsFailed)} of ${plural(requests, 'request')} failed, last failure: ${lastFailure}`;

/** What a local run did, for a person who has never seen one, and what to type next. */
export function summarize(run: LocalRun): string {
  const { report, output } = run;
  const outcome =
    report.eventsUndelivered === 0
      ? `${plural(report.eventsDelivered, 'event')} delivered, every one acknowledged`
      : `${number(report.eventsDelivered)} of ${plural(report.eventsRequested, 'event')} delivered, ` +
        `${number(report.eventsUndelivered)} NOT`;
  const [firstUndelivered] = report.undelivered;
  const newest = run.objectPaths.at(-1);
  return [
    '',
    `${outcome}, in ${seconds(report.durationMs)}: ${plural(report.eventsPerSecond, 'event')} a second.`,
    ...(firstUndelivered
      ? [
          `The first that are missing are events ${firstUndelivered[0]} to ${firstUndelivered[1] - 1}: ` +
            `grep '"ERROR"' ${quote(run.logPath)} says why.`,
        ]
      : []),
    '',
    `  run      ${report.runId} (the same --run-id sends the same UUIDs)`,
    `  stream   ${report.deliveryStreamName}, embedded in this run: no AWS account was used`,
    `  sent     ${plural(report.recordsDelivered, 'record')} in ${plural(report.requests, 'request')}, ` +
      `${number(report.recordsRetried)} sent again; ` +
      `${plural(report.bytesDelivered, 'byte')}, billed as ${number(report.billedBytes)}`,
    `  lambda   ${plural(run.invocations, 'invocation')}, ${plural(run.slicesQueued, 'slice')} through the work queue; ` +
      `Firehose refused ${number(run.recordsRefused)} of ${plural(run.recordsOffered, 'record')}${failures(report)}`,
    `  cost     about ${formatDollars(report.estimatedCostUsd)} in AWS, Firehose and Lambda at the prices of the stack`,
    ...(report.eventsUncertain > 0
      ? [`  twice    at most ${plural(report.eventsUncertain, 'event')}: responses were lost`]
      : []),
    ...(run.maxMemoryUsedMiB > 0 ? [`  memory   ${number(run.maxMemoryUsedMiB)} MiB at most`] : []),
    `  landed   ${plural(output.objects, 'object')}, ${plural(output.bytes, 'byte')}, in ${here(output.directory)}/`,
    `  log      ${here(run.logPath)}`,
    '',
    ...(newest ? ['Look at the events:', `  gunzip -c ${quote(newest)} | tail -3`] : []),
    'Prove that every event arrived:',
    '  npm run verify',
    'Send a million:',
    '  npm start -- --count 1000000',
    'Deploy it to your AWS account:',
    '  npx cdk deploy',
    '',
  ].join('\n');
}
