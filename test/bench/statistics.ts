import { firehoseUsd } from '../../lambda/contract/cost.ts';
import { prices } from '../../lib/aws/prices.ts';
import type { Observation } from './laboratory.ts';

/** The middle of the values; of an even number of them, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) {
    throw new Error('no value has no median');
  }
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** How far the values are apart: from the lowest to the highest, as a share of the median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** What Firehose takes for so many billed bytes. */
export function dollarsOf(billedBytes: number): number {
  return firehoseUsd(billedBytes, prices.firehoseUsdPerGb);
}

/** The medians over the repetitions of one contender. */
export interface Figures {
  /** Repetitions. */
  readonly repetitions: number;
  /** Events of a repetition. */
  readonly events: number;
  /** Events a second. */
  readonly eventsPerSecond: number;
  /** See {@link spread}, of the events a second. */
  readonly eventsPerSecondSpread: number;
  /** CPU time an event, of all threads of the producer's process, the kernel's included. */
  readonly cpuMicrosPerEvent: number;
  /** The producer's process's memory at its peak. */
  readonly peakRssMiB: number;
  /** Requests of a repetition. */
  readonly requests: number;
  /** Record data an event, before base64: as the quota counts. */
  readonly dataBytesPerEvent: number;
  /** What Firehose bills for a million events. */
  readonly billedBytesPerMillion: number;
}

/** The figures of one contender. */
export function figuresOf(observations: readonly Observation[]): Figures {
  const middle = (figure: (observation: Observation) => number) => median(observations.map(figure));
  const eventsPerSecond = observations.map(({ events, durationMs }) => events / (durationMs / 1_000));
  return {
    repetitions: observations.length,
    events: middle(({ events }) => events),
    eventsPerSecond: median(eventsPerSecond),
    eventsPerSecondSpread: spread(eventsPerSecond),
    cpuMicrosPerEvent: middle(({ cpuMicros, events }) => cpuMicros / events),
    peakRssMiB: middle(({ peakRssMiB }) => peakRssMiB),
    requests: middle(({ received }) => received.requests),
    dataBytesPerEvent: middle(({ received }) => received.dataBytes / received.events),
    billedBytesPerMillion: middle(({ received }) => (received.billedBytes / received.events) * 1e6),
  };
}

/** The median of the ratios of two contenders, repetition by repetition: what disturbs one disturbs its neighbour too. */
export function ratioOf(over: readonly Observation[], under: readonly Observation[]): number {
  const eventsPerSecond = ({ events, durationMs }: Observation) => events / durationMs;
  return median(
    over.map((observation, repetition) => eventsPerSecond(observation) / eventsPerSecond(under[repetition]!)),
  );
}
