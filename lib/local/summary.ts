import { dirname, relative } from 'node:path';
import type { LocalRun } from './run.ts';

const number = (value: number) => value.toLocaleString('en-US');
const plural = (value: number, noun: string) => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
const seconds = (durationMs: number) => `${(durationMs / 1_000).toFixed(2)} s`;
const here = (path: string) => relative('', path) || '.';

/** What a local run did, for a person who has never seen one, and what to type next. */
export function summarize(run: LocalRun): string {
  const { report, output } = run;
  const outcome =
    report.eventsUndelivered === 0
      ? `${plural(report.eventsDelivered, 'event')} delivered, every one acknowledged`
      : `${number(report.eventsDelivered)} of ${plural(report.eventsRequested, 'event')} delivered, ` +
        `${number(report.eventsUndelivered)} NOT`;
  const newest = run.objectPaths.at(-1);
  return [
    '',
    `${outcome}, in ${seconds(report.durationMs)}: ${number(report.eventsPerSecond)} events a second.`,
    '',
    `  run      ${report.runId} (the same --run-id sends the same UUIDs)`,
    `  stream   ${report.deliveryStreamName}, embedded in this run: no AWS account was used`,
    `  sent     ${plural(report.recordsDelivered, 'record')} in ${plural(report.requests, 'request')}, ` +
      `${number(report.recordsRetried)} sent again; ` +
      `${number(report.bytesDelivered)} bytes, billed as ${number(report.billedBytes)}`,
    `  lambda   ${plural(run.invocations, 'invocation')}, ${plural(run.slicesQueued, 'slice')} through the work queue; ` +
      `Firehose refused ${number(run.recordsRefused)} of ${plural(run.recordsOffered, 'record')}`,
    ...(report.eventsUncertain > 0
      ? [`  twice    at most ${plural(report.eventsUncertain, 'event')}: answers were lost`]
      : []),
    `  memory   ${number(run.maxMemoryUsedMiB)} MiB at most`,
    `  landed   ${plural(output.objects, 'object')}, ${number(output.bytes)} bytes, in ${here(output.directory)}/`,
    `  log      ${here(run.logPath)}`,
    '',
    ...(newest ? ['Look at the events:', `  gunzip -c ${here(dirname(newest))}/*.gz | tail -3`] : []),
    'Send a million:',
    '  npm start -- --count 1000000',
    'Deploy it to your AWS account:',
    '  npx cdk deploy',
    '',
  ].join('\n');
}
