import { formatCount, formatNumber } from '../terminal/text.ts';
import { type CorruptLine, type Proof, type RunProof, total } from './proof.ts';

/** Most items of a list that a summary shows, unless it is told to show all. */
const maxShown = 10;

/** The payload that sends just the events of one range again. */
export function redrivePayload({ runId }: RunProof, [from, to]: readonly [number, number]): string {
  return JSON.stringify({ runId, from, to });
}

/** A time as a person would say it; `-` for none. Below a minute to a tenth of a second. */
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

/** The verdict in a word, and in a sentence. */
export function verdict(proof: Proof): { word: string; sentence: string } {
  const expected = formatCount(total(proof, 'expected'), 'event');
  const missing = total(proof, 'missing');
  const duplicated = total(proof, 'duplicated');
  const corrupt = describeCorrupt(proof);
  if (missing > 0) {
    const sentence = `${formatNumber(missing)} of ${expected} ${missing === 1 ? 'is' : 'are'} missing${corrupt && `, and ${corrupt}`}.`;
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

/** What is corrupt, as part of a sentence; nothing if all is sound. */
function describeCorrupt({ corruptLineCount, corruptObjectCount }: Proof): string {
  const counts = [
    ...(corruptObjectCount > 0 ? [formatCount(corruptObjectCount, 'object')] : []),
    ...(corruptLineCount > 0 ? [formatCount(corruptLineCount, 'line')] : []),
  ];
  const verb = corruptObjectCount + corruptLineCount === 1 ? 'is' : 'are';
  return counts.length > 0 ? `${counts.join(' and ')} ${verb} corrupt` : '';
}

/** Where a corrupt line differs from the event that it should be, if that is known. */
export function describeDifference({ difference }: CorruptLine): string {
  if (difference === undefined) {
    return '';
  }
  const { part, expected, found } = difference;
  return `: ${part} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
}

/** What a person may ask of a summary. */
export interface SummaryOptions {
  /** Whether lists are shown to their end. @default false */
  readonly all?: boolean | undefined;
}

/**
 * A proof, for a person in a terminal: first the lists, which can be long, then the figures. The last line is the verdict.
 */
export function summarize(proof: Proof, { all = false }: SummaryOptions = {}): string {
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
    ...runs.flatMap((run) =>
      list(
        `Missing events of ${run.runId} [from, to), and the payload that sends just those again`,
        run.missingRanges,
        {
          count: run.missingRangeCount,
          limit,
          describe: (range) => `[${range.join(', ')})  ${redrivePayload(run, range)}`,
        },
      ),
    ),
    ...runs.flatMap(describeRun),
    ...andMore(proof.runs.length, proof.runs.length, runs.length),
    `  corrupt     ${formatCount(proof.corruptLineCount, 'line')}, ${formatCount(proof.corruptObjectCount, 'object')}`,
    `  foreign     ${formatCount(proof.foreignLines, 'line')} of other runs`,
    `  latency     p50 ${formatDuration(latency.p50)}, p95 ${formatDuration(latency.p95)}, ` +
      `p99 ${formatDuration(latency.p99)}, max ${formatDuration(latency.max)}`,
    `  source      ${proof.source}: ${formatCount(proof.objects, 'object')}`,
    ...proof.errorObjects.map(
      ({ errorType, objects, bytes }) =>
        `  errors      ${errorType}: ${formatCount(objects, 'object')}, ${formatNumber(bytes)} bytes`,
    ),
    '',
    `${word}: ${sentence}`,
  ].join('\n');
}

function describeRun(run: RunProof): string[] {
  const copies = `${formatNumber(run.extraCopies)} extra ${run.extraCopies === 1 ? 'copy' : 'copies'}`;
  return [
    `  run         ${run.runId}, events [${run.from}, ${run.to})`,
    `  stream      ${run.deliveryStreamName}`,
    `  events      expected ${formatNumber(run.expected)}; found ${formatNumber(run.present - run.duplicated)} once, ` +
      `${formatNumber(run.duplicated)} more than once${run.extraCopies > 0 ? ` (${copies})` : ''}; ` +
      `missing ${formatNumber(run.missing)}`,
  ];
}

/** The runs that are shown: all in their order, or if there are too many, those that miss events first. */
function firstRuns(runs: readonly RunProof[], limit: number): readonly RunProof[] {
  if (runs.length <= limit) {
    return runs;
  }
  return runs.toSorted((a, b) => Number(b.missing > 0) - Number(a.missing > 0)).slice(0, limit);
}

interface ListOptions<T> {
  /** How many items there are; a proof lists only the first of very many. */
  readonly count: number;
  /** Most items to show. */
  readonly limit: number;
  /** A line above the items. */
  readonly heading?: string;
  /** The line of an item. */
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

/** How many items are not shown, and how to see those of them that are known. */
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
