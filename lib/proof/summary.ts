import { maxSlicesPerMessage } from '../../lambda/contract/slice.ts';
import { unusable } from '../terminal/command.ts';
import { formatCount, formatEvents, formatNumber, printable } from '../terminal/text.ts';
import { type CorruptLine, type Proof, type RunProof, total } from './proof.ts';

/** Limit of the items of a list without `--all`. */
const maxShown = 10;

type Range = readonly [number, number];

/** The payload that resends the events of ranges: up to 1,000. */
export function redrivePayload({ runId }: RunProof, ...ranges: readonly Range[]): string {
  const [[from, to] = [0, 0]] = ranges;
  return JSON.stringify(ranges.length === 1 ? { runId, from, to } : { runId, slices: ranges });
}

/** A duration as text, for example `12.3 s`, `1 min 29 s` or `2.5 h`; `-` for null. */
export function formatDuration(durationMs: number | null): string {
  if (durationMs === null) {
    return '-';
  }
  const seconds = durationMs / 1_000;
  const wholeSeconds = Math.round(Math.abs(seconds));
  if (Math.abs(seconds) < 59.95) {
    return `${seconds.toFixed(1)} s`;
  }
  if (wholeSeconds >= 3_600) {
    return `${(seconds / 3_600).toFixed(1)} h`;
  }
  return `${seconds < 0 ? '-' : ''}${Math.floor(wholeSeconds / 60)} min ${wholeSeconds % 60} s`;
}

export function verdict(proof: Proof): { word: string; sentence: string } {
  const expected = formatCount(total(proof, 'expected'), 'event');
  const missing = total(proof, 'missing');
  const duplicated = total(proof, 'duplicated');
  const corrupt = describeCorrupt(proof);
  if (proof.unproven && proof.unreadObjects.length > 0) {
    const sentence =
      `${formatNumber(missing)} of ${expected} ${missing === 1 ? 'was' : 'were'} not found, and may be in what could not be read: ` +
      `${proof.unreadObjects.join('; ')}.`;
    return { word: 'UNPROVEN', sentence };
  }
  if (proof.unproven) {
    const sentence =
      `Each of ${formatCount(proof.corruptLineCount, 'line')} with UUIDs of the run differs from the event that it should be. ` +
      'Was it sent with another template? Give that, for example --event my-event.json. ' +
      'Did a transform change it? Give --match id.';
    return { word: 'UNPROVEN', sentence };
  }
  if (missing > 0) {
    const what = `${formatNumber(missing)} of ${expected} ${missing === 1 ? 'is' : 'are'} missing${corrupt && `, and ${corrupt}`}`;
    const sentence = `${what}${proof.unfinished ? ': the run was stopped, or has not ended yet' : ''}.`;
    return { word: 'INCOMPLETE', sentence };
  }
  if (corrupt) {
    return { word: 'CORRUPT', sentence: `Each of ${expected} arrived, but ${corrupt}.` };
  }
  const atLeastOnce = `Each of ${expected} arrived, ${formatNumber(duplicated)} more than once.`;
  if (!proof.complete) {
    return { word: 'DUPLICATED', sentence: atLeastOnce };
  }
  const exactlyOnce = `Each of ${expected} arrived, exactly once.`;
  return { word: 'COMPLETE', sentence: duplicated > 0 ? atLeastOnce : exactlyOnce };
}

/** Exit status of a command that prints a proof. */
export function exitStatus({ complete, unproven }: Proof): number {
  return unproven ? unusable : Number(!complete);
}

/** Part of a sentence; empty if nothing is corrupt. */
function describeCorrupt({ corruptLineCount, corruptObjectCount }: Proof): string {
  const counts = [
    ...(corruptObjectCount > 0 ? [formatCount(corruptObjectCount, 'object')] : []),
    ...(corruptLineCount > 0 ? [formatCount(corruptLineCount, 'line')] : []),
  ];
  const verb = corruptObjectCount + corruptLineCount === 1 ? 'is' : 'are';
  return counts.length > 0 ? `${counts.join(' and ')} ${verb} corrupt` : '';
}

export function describeDifference({ difference }: CorruptLine): string {
  if (difference === undefined) {
    return '';
  }
  const { part, expected, found } = difference;
  return `: ${part} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
}

/**
 * A proof as text for a terminal: first the lists, which can be long, then the figures. The last line is the verdict.
 *
 * @param options.all Whether to show long lists in full.
 */
export function summarize(proof: Proof, { all = false }: { all?: boolean | undefined } = {}): string {
  const { latencyMs: latency, objectCounts } = proof;
  const { word, sentence } = verdict(proof);
  const limit = all ? Number.POSITIVE_INFINITY : maxShown;
  const runs = firstRuns(proof.runs, limit);
  return [
    '',
    ...list('Objects that hold events of these runs, or are corrupt', objectCounts, {
      count: objectCounts.length,
      limit,
      heading: describeCounts(['events', 'foreign', 'corrupt'], 'object'),
      describe: ({ events, foreignLines, corruptLines, object }) =>
        describeCounts([events, foreignLines, corruptLines].map(formatNumber), object),
    }),
    ...list('Corrupt objects', proof.corruptObjects, {
      count: proof.corruptObjectCount,
      limit,
      describe: ({ object, reason }) => `${object}: ${reason}`,
    }),
    ...list('Corrupt lines', proof.corruptLines, {
      count: proof.corruptLineCount,
      limit,
      describe: (corrupt) => `${corrupt.object}:${corrupt.line}${describeDifference(corrupt)}`,
    }),
    ...(proof.unproven ? [] : runs).flatMap((run) =>
      list(`Missing events of ${run.runId}, and the payloads that resend them`, run.missingRanges, {
        count: run.missingRangeCount,
        limit,
        ...(run.missingRanges.length > 1 &&
          run.missingRangeCount <= Math.min(limit, maxSlicesPerMessage) && {
            heading: `All of them  ${redrivePayload(run, ...run.missingRanges)}`,
          }),
        describe: (range) => `${formatEvents(...range)}  ${redrivePayload(run, range)}`,
      }),
    ),
    ...runs.flatMap(describeRun),
    ...andMore(proof.runs.length, proof.runs.length, runs.length),
    `  corrupt     ${formatCount(proof.corruptLineCount, 'line')}, ${formatCount(proof.corruptObjectCount, 'object')}`,
    `  foreign     ${formatCount(proof.foreignLines, 'line')} of other runs`,
    `  latency     p50 ${formatDuration(latency.p50)}, p95 ${formatDuration(latency.p95)}, ` +
      `p99 ${formatDuration(latency.p99)}, max ${formatDuration(latency.max)}`,
    `  source      ${proof.source}: ${formatCount(proof.objects, 'object')}`,
    ...proof.unreadObjects.map((text) => `  unread      ${text}`),
    ...proof.errorObjects.map(
      ({ errorType, objects, bytes }) =>
        `  errors      ${errorType}: ${formatCount(objects, 'object')}, ${formatNumber(bytes)} bytes`,
    ),
    '',
    `${word}: ${sentence}`,
  ]
    .map(printable)
    .join('\n');
}

function describeRun(run: RunProof): string[] {
  const copies = `${formatNumber(run.extraCopies)} extra ${run.extraCopies === 1 ? 'copy' : 'copies'}`;
  return [
    `  run         ${run.runId}, ${formatEvents(run.from, run.to)}`,
    `  stream      ${run.deliveryStreamName}`,
    `  events      expected ${formatNumber(run.expected)}; found ${formatNumber(run.present - run.duplicated)} once, ` +
      `${formatNumber(run.duplicated)} more than once${run.extraCopies > 0 ? ` (${copies})` : ''}; ` +
      `missing ${formatNumber(run.missing)}`,
  ];
}

/** If there are more runs than the limit, those with missing events come first. */
function firstRuns(runs: readonly RunProof[], limit: number): readonly RunProof[] {
  if (runs.length <= limit) {
    return runs;
  }
  return runs.toSorted((a, b) => Number(b.missing > 0) - Number(a.missing > 0)).slice(0, limit);
}

interface ListOptions<T> {
  /** All items, also those beyond the limits of a proof. */
  readonly count: number;
  readonly limit: number;
  /** A line above the items. */
  readonly heading?: string;
  readonly describe: (item: T) => string;
}

function list<T>(title: string, items: readonly T[], options: ListOptions<T>): string[] {
  const { count, limit, heading, describe } = options;
  if (count === 0) {
    return [];
  }
  const shown = items.slice(0, limit);
  return [
    `${title}:`,
    ...(heading ? [`  ${heading}`] : []),
    ...shown.map((item) => `  ${describe(item)}`),
    ...andMore(count, items.length, shown.length),
    '',
  ];
}

/** The number of items that are not shown, and how to see those that the proof lists. */
function andMore(count: number, known: number, shown: number): string[] {
  if (count === shown) {
    return [];
  }
  const remedy = known < count ? `--all shows the first ${formatNumber(known)}` : '--all shows them';
  return [`  and ${formatNumber(count - shown)} more${known > shown ? `: ${remedy}` : ''}`];
}

function describeCounts(counts: readonly string[], object: string): string {
  return [...counts.map((count) => count.padStart(10)), object].join('  ');
}
