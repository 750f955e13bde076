import { type Proof, type RunProof, total } from '../../lambda/prover/proof.ts';
import { formatCount, formatNumber } from '../terminal/text.ts';

/** Most ranges, lines and objects of a kind that a summary shows. */
const maxShown = 20;

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
  if (missing > 0) {
    const sentence = `${formatNumber(missing)} of ${expected} ${missing === 1 ? 'is' : 'are'} missing.`;
    return { word: 'INCOMPLETE', sentence };
  }
  if (proof.corruptLineCount + proof.corruptObjectCount > 0) {
    return { word: 'CORRUPT', sentence: `Each of ${expected} arrived, but not all that is there is sound.` };
  }
  const atLeastOnce = `Each of ${expected} arrived, ${formatNumber(duplicated)} more than once.`;
  if (!proof.complete) {
    return { word: 'DUPLICATED', sentence: atLeastOnce };
  }
  const exactlyOnce = `Each of ${expected} arrived, exactly once.`;
  return { word: 'COMPLETE', sentence: duplicated > 0 ? atLeastOnce : exactlyOnce };
}

/** A proof, for a person in a terminal. */
export function summarize(proof: Proof): string {
  const { latencyMs: latency } = proof;
  const { word, sentence } = verdict(proof);
  return [
    '',
    `${word}: ${sentence}`,
    '',
    ...proof.runs.flatMap(describeRun),
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
    ...section(
      'Corrupt objects',
      proof.corruptObjects,
      proof.corruptObjectCount,
      ({ object, reason }) => `${object}: ${reason}`,
    ),
    ...section(
      'Corrupt lines',
      proof.corruptLines,
      proof.corruptLineCount,
      ({ object, line }) => `${object}:${line}`,
    ),
    ...proof.runs.flatMap((run) =>
      section(
        `Missing events of ${run.runId} [from, to), and the payload that sends just those again`,
        run.missingRanges,
        run.missingRangeCount,
        (range) => `[${range.join(', ')})  ${redrivePayload(run, range)}`,
      ),
    ),
    ...section(
      'Events, foreign and corrupt lines of each object',
      proof.objectCounts,
      proof.objectCounts.length,
      (count) =>
        [count.events, count.foreignLines, count.corruptLines]
          .map((lines) => formatNumber(lines).padStart(10))
          .concat(count.object)
          .join('  '),
    ),
  ].join('\n');
}

function describeRun(run: RunProof): string[] {
  return [
    `  run         ${run.runId}, events [${run.from}, ${run.to})`,
    `  stream      ${run.deliveryStreamName}`,
    `  expected    ${formatNumber(run.expected)}`,
    `  present     ${formatNumber(run.present - run.duplicated)} once`,
    `  missing     ${formatNumber(run.missing)}`,
    `  duplicated  ${formatNumber(run.duplicated)}, with ${formatNumber(run.extraCopies)} extra ${run.extraCopies === 1 ? 'copy' : 'copies'}`,
  ];
}

function section<T>(
  title: string,
  items: readonly T[],
  count: number,
  describe: (item: T) => string,
): string[] {
  if (count === 0) {
    return [];
  }
  return [
    `${title}:`,
    ...items.slice(0, maxShown).map((item) => `  ${describe(item)}`),
    ...(count > maxShown ? [`  and ${formatNumber(count - maxShown)} more`] : []),
    '',
  ];
}
