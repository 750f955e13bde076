import { recordFormats } from '../../lambda/contract/settings.ts';
import { type Benchmark, type Details, packedFormats } from './run.ts';
import { dollarsOf } from './statistics.ts';

/** A figure that the producer should reach, and what a run measured. */
export interface TargetResult {
  /** What is asked for. */
  readonly target: string;
  /** What was measured. */
  readonly measured: string;
  /** Whether it is reached. */
  readonly reached: boolean;
}

interface Bound {
  readonly target: string;
  readonly value: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly digits: number;
  readonly unit?: string;
}

const rawBytesPerMillion = 68e6;

/** Holds a run against the targets. Those on details are left out after a quick run. */
export function assessTargets(benchmark: Benchmark): TargetResult[] {
  const { rows, oursTimes, details } = benchmark;
  const { lesson, 'ours-ndjson': ndjson, 'ours-gzip': gzip } = rows;
  const bill = (row: typeof lesson) => dollarsOf(row.billedBytesPerMillion);
  const bounds: Bound[] = [
    { target: 'ours / batch, events/s', value: oursTimes.batch, atLeast: 15, digits: 1 },
    { target: 'ours / lesson, events/s', value: oursTimes.lesson, atLeast: 1_000, digits: 0 },
    { target: 'CPU, ndjson', value: ndjson.cpuMicrosPerEvent, atMost: 0.6, digits: 2, unit: 'µs/event' },
    { target: 'CPU, gzip', value: gzip.cpuMicrosPerEvent, atMost: 0.35, digits: 2, unit: 'µs/event' },
    {
      target: 'gzip / ndjson, events/s',
      value: gzip.eventsPerSecond / ndjson.eventsPerSecond,
      atLeast: 1,
      digits: 2,
    },
    {
      target: 'record data, gzip',
      value: gzip.dataBytesPerEvent,
      atMost: 20.6,
      digits: 2,
      unit: 'bytes/event',
    },
    {
      target: 'billed bytes / raw bytes, ndjson',
      value: ndjson.billedBytesPerMillion / rawBytesPerMillion,
      atMost: 1.005,
      digits: 4,
    },
    { target: "lesson's bill / ours, ndjson", value: bill(lesson) / bill(ndjson), atLeast: 74, digits: 1 },
    { target: "lesson's bill / ours, gzip", value: bill(lesson) / bill(gzip), atLeast: 245, digits: 1 },
    ...(details
      ? [...workBounds(benchmark, details), ...lambdaBounds(details), ...detailBounds(details)]
      : []),
  ];
  return bounds.map(resultOf);
}

/** How much more CPU time an event takes than what must be done for it. */
function workBounds({ rows }: Benchmark, { necessary }: Details): Bound[] {
  return packedFormats.map((format) => {
    const { packing, base64, sha256, socket } = necessary[format];
    const leastMicros = (packing + base64 + sha256 + socket) / 1_000;
    return {
      target: `CPU / what must be done, ${format}`,
      value: rows[`ours-${format}`].cpuMicrosPerEvent / leastMicros,
      atMost: 2,
      digits: 2,
    };
  });
}

function lambdaBounds({ asInLambda }: Details): Bound[] {
  if (!asInLambda) {
    return [];
  }
  const leastFilled = { ndjson: 8, gzip: 4 };
  return [
    ...recordFormats.flatMap((format) => [
      {
        target: `as in Lambda, share of 5 MiB/s, ${format}`,
        value: asInLambda[format].quotaShare,
        atLeast: 0.97,
        digits: 3,
      },
      {
        target: `as in Lambda, refused of that, ${format}`,
        value: asInLambda[format].refusedShare * 100,
        atMost: 2,
        digits: 1,
        unit: '%',
      },
    ]),
    ...packedFormats.map((format) => ({
      target: `as in Lambda, times 5 MiB/s, ${format}`,
      value: asInLambda[format].quotasFilled,
      atLeast: leastFilled[format],
      digits: 1,
    })),
  ];
}

function detailBounds(details: Details): Bound[] {
  const { generationNanosPerEvent, invocationMs, scaling, bundle, coldStarts } = details;
  const peakOf = (events: number) => scaling.find((run) => run.events === events)!.peakRssMiB;
  return [
    { target: 'generation alone', value: generationNanosPerEvent, atMost: 120, digits: 0, unit: 'ns/event' },
    { target: 'memory, 10⁷ events / 10⁶', value: peakOf(1e7) / peakOf(1e6), atMost: 1.05, digits: 3 },
    { target: 'memory, 10⁷ events', value: peakOf(1e7), atMost: 160, digits: 0, unit: 'MiB' },
    { target: 'bundle', value: bundle.bytes / 1e3, atMost: 330, digits: 1, unit: 'KB' },
    ...(coldStarts
      ? [
          {
            target: 'cold start / with the SDK left out',
            value: coldStarts.shipped.durationMs / coldStarts.withoutSdk.durationMs,
            atMost: 1,
            digits: 2,
          },
        ]
      : []),
    { target: 'invocation of 100 events, warm', value: invocationMs, atMost: 5, digits: 2, unit: 'ms' },
  ];
}

function resultOf({ target, value, atLeast, atMost, digits, unit }: Bound): TargetResult {
  const show = (number: number, places: number) =>
    number.toLocaleString('en-US', { maximumFractionDigits: places, minimumFractionDigits: 0 });
  const suffix = unit ? ` ${unit}` : '';
  return {
    target: `${target} ${atLeast === undefined ? '≤' : '≥'} ${show(atLeast ?? atMost!, 4)}${suffix}`,
    measured: `${show(value, digits)}${suffix}`,
    reached: value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY),
  };
}
