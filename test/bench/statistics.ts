import { usdOf } from '../../lambda/contract/targets.ts';
import { prices } from '../../lib/aws/prices.ts';
import type { Observation } from './harness.ts';

/** The mean of the two middle values if their number is even. */
export function median(values: readonly number[]): number {
  if (values.length === 0) {
    throw new Error('the median needs at least one value');
  }
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

export function mediansOf<Field extends string>(
  values: readonly Readonly<Record<Field, number>>[],
  ...fields: readonly Field[]
): Record<Field, number> {
  return recordOf(fields, (field) => median(values.map((value) => value[field])));
}

export function recordOf<Name extends string, Value>(
  names: readonly Name[],
  of: (name: Name, place: number) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name, place) => [name, of(name, place)])) as Record<Name, Value>;
}

/** From the lowest to the highest value, as a share of the median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

export function dollarsOf(billedBytes: number): number {
  return usdOf(billedBytes, prices.firehoseUsdPerGb);
}

export interface Figures {
  readonly repetitions: number;
  readonly eventsPerSecond: number;
  readonly eventsPerSecondSpread: number;
  readonly cpuMicrosPerEvent: number;
  readonly peakRssMiB: number;
  readonly requests: number;
  /** Before base64, as the quota counts. */
  readonly dataBytesPerEvent: number;
  /** Each record is rounded up to a multiple of 5,120 bytes. */
  readonly billedBytesPerMillion: number;
}

export function figuresOf(observations: readonly Observation[]): Figures {
  const middle = (figure: (observation: Observation) => number) => median(observations.map(figure));
  const eventsPerSecond = observations.map(({ events, durationMs }) => events / (durationMs / 1_000));
  return {
    repetitions: observations.length,
    eventsPerSecond: median(eventsPerSecond),
    eventsPerSecondSpread: spread(eventsPerSecond),
    cpuMicrosPerEvent: middle(({ cpuMicros, events }) => cpuMicros / events),
    peakRssMiB: middle(({ peakRssMiB }) => peakRssMiB),
    requests: middle(({ received }) => received.requests),
    dataBytesPerEvent: middle(({ received }) => received.dataBytes / received.events),
    billedBytesPerMillion: middle(({ received }) => (received.billedBytes / received.events) * 1e6),
  };
}

/** The median of the ratios of events per second, repetition by repetition: a disturbance affects both of a pair. */
export function ratioOf(over: readonly Observation[], under: readonly Observation[]): number {
  const speed = ({ events, durationMs }: Observation) => events / durationMs;
  return median(over.map((observation, repetition) => speed(observation) / speed(under[repetition]!)));
}
