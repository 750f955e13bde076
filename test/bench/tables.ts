import { recordFormats } from '../../lambda/contract/settings.ts';
import { formatTable } from '../../lib/terminal/table.ts';
import { contenders, rowNames } from './contenders.ts';
import { type Benchmark, type Details, packedFormats } from './run.ts';
import { dollarsOf, type Figures } from './statistics.ts';
import { assessTargets } from './targets.ts';

/** A number with so many digits after the point, and commas between thousands. */
function show(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The benchmark's table: a row a contender. */
export function formatRows({ rows, boto3 }: Benchmark): string {
  const lesson = rows.lesson.eventsPerSecond;
  const cellsOf = (name: string, figures: Figures) => [
    name,
    show(figures.eventsPerSecond),
    `±${show(figures.eventsPerSecondSpread * 50)} %`,
    show(figures.eventsPerSecond / lesson, figures.eventsPerSecond < 10 * lesson ? 1 : 0),
    show(figures.cpuMicrosPerEvent, 2),
    show(figures.peakRssMiB),
    show(figures.requests),
    show(figures.dataBytesPerEvent, 1),
    show(figures.billedBytesPerMillion),
    `$${show(dollarsOf(figures.billedBytesPerMillion), 5)}`,
  ];
  return formatTable([
    [
      'producer',
      'events/s',
      'spread',
      '× lesson',
      'CPU µs/event',
      'peak MiB',
      'requests',
      'data bytes/event',
      'billed bytes/million',
      'Firehose/million',
    ],
    ...rowNames.map((name) => cellsOf(name, rows[name])),
    ...(boto3 ? [cellsOf('lesson in boto3', boto3)] : []),
  ]);
}

/** Who is who in {@link formatRows}. */
export function formatContenders(): string {
  return rowNames.map((name) => `- \`${name}\`: ${contenders[name].description}`).join('\n');
}

/** The targets, what was measured, and whether it is enough. */
export function formatTargets(benchmark: Benchmark): string {
  return formatTable([
    ['target', 'measured', 'reached'],
    ...assessTargets(benchmark).map(({ target, measured, reached }) => [
      target,
      measured,
      reached ? 'yes' : 'NO',
    ]),
  ]);
}

/** Time and memory of runs of more and more events. */
export function formatScaling({ scaling }: Details): string {
  return formatTable([
    ['events', 'ms', 'µs/event', 'peak MiB'],
    ...scaling.map(({ events, durationMs, peakRssMiB }) => [
      show(events),
      show(durationMs),
      show((durationMs * 1_000) / events, 2),
      show(peakRssMiB, 1),
    ]),
  ]);
}

/** The stages alone, and an invocation. */
export function formatStages(details: Details): string {
  return formatTable([
    ['alone', 'takes'],
    ['generation', `${show(details.generationNanosPerEvent)} ns/event`],
    ['an invocation of 100 events, warm', `${show(details.invocationMs, 2)} ms`],
  ]);
}

/** What has to be done for an event at least, and what is done. */
export function formatNecessary({ rows }: Benchmark, { necessary }: Details): string {
  return formatTable([
    ['CPU ns/event', 'packing', 'base64', 'SHA-256', 'socket', 'together', 'ours'],
    ...packedFormats.map((format) => {
      const { packing, base64, sha256, socket } = necessary[format];
      const all = [packing, base64, sha256, socket];
      const together = all.reduce((sum, nanos) => sum + nanos, 0);
      const ours = rows[`ours-${format}`].cpuMicrosPerEvent * 1_000;
      return [format, ...[...all, together, ours].map((nanos) => show(nanos))];
    }),
  ]);
}

/** What one invocation does as in Lambda. */
export function formatAsInLambda({ asInLambda }: Details): string {
  if (!asInLambda) {
    return 'Not measured: it needs Linux and openssl.';
  }
  return formatTable([
    ['format', 'of 5 MiB/s', 'refused', 'without a quota', 'times 5 MiB/s'],
    ...recordFormats.map((format) => {
      const { quotaShare, refusedShare, quotasFilled } = asInLambda[format];
      return [
        format,
        `${show(quotaShare * 100, 1)} %`,
        `${show(refusedShare * 100, 1)} %`,
        `${show(quotasFilled * 5, 1)} MiB/s`,
        show(quotasFilled, 1),
      ];
    }),
  ]);
}

/** What the bundle is made of. */
export function formatBundle({ bundle }: Details): string {
  return formatTable([
    ['package', 'bytes'],
    ['the bundle', show(bundle.bytes)],
    ...bundle.packages.map(({ name, bytes }) => [name, show(bytes)]),
  ]);
}

/** How the function starts. */
export function formatColdStarts({ coldStarts }: Details): string {
  if (!coldStarts) {
    return 'Not measured: it needs Linux.';
  }
  return formatTable([
    [`ready handler, Node ${coldStarts.node}`, 'ms', 'CPU ms'],
    ...(
      [
        ['the shipped bundle', coldStarts.shipped],
        ['the SDK left out, from node_modules', coldStarts.withoutSdk],
      ] as const
    ).map(([name, { durationMs, cpuMs }]) => [name, show(durationMs), show(cpuMs)]),
  ]);
}

/** One line: what the run ran on. */
export function formatMachine({ node, cores, rows }: Benchmark): string {
  return `Node ${node}, ${cores} cores; medians of ${rows.lesson.repetitions} interleaved repetitions.`;
}

/** Everything, for a terminal. */
export function formatBenchmark(benchmark: Benchmark): string {
  const { details } = benchmark;
  return [
    formatMachine(benchmark),
    formatRows(benchmark),
    ...(details
      ? [
          formatStages(details),
          formatNecessary(benchmark, details),
          formatAsInLambda(details),
          formatScaling(details),
          formatColdStarts(details),
          formatBundle(details),
        ]
      : []),
    formatTargets(benchmark),
  ].join('\n\n');
}

/** The document of `--json`. */
export function toJson({ node, cores, rows }: Benchmark): object {
  return {
    node,
    cores,
    rows: rowNames.map((name) => {
      const { eventsPerSecond, cpuMicrosPerEvent, peakRssMiB, dataBytesPerEvent, billedBytesPerMillion } =
        rows[name];
      return {
        name,
        eventsPerSecond,
        cpuMicrosPerEvent,
        peakRssMiB,
        dataBytesPerEvent,
        billedBytesPerMillion,
      };
    }),
  };
}
