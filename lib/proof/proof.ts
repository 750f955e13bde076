import type { SlicePair } from '../../lambda/contract/slice.ts';
import type { LineDifference } from '../../lambda/prover/comparison/line-reader.ts';
import type { Tally } from '../../lambda/prover/comparison/tally.ts';
import type { StreamSlice } from '../../lambda/prover/comparison/uuid-rule.ts';

/** The counts of one run. */
export interface RunProof extends StreamSlice, Omit<Tally, 'segments'> {
  /** The missing events, as sorted ranges `[from, to)` that don't touch: the first {@link maxMissingRanges}. */
  readonly missingRanges: readonly SlicePair[];
  readonly missingRangeCount: number;
}

/** A line of an object that is not an event. */
export interface CorruptLine {
  /** Key of the object. */
  readonly object: string;
  /** Number of the line, from 1. */
  readonly line: number;
  /** Set if the line has the UUID of an expected event. */
  readonly difference?: LineDifference;
}

/** An object that could not be read to its end; the lines before count. */
export interface CorruptObject {
  readonly object: string;
  readonly reason: string;
}

/** The lines of one object. */
export interface ObjectCount {
  readonly object: string;
  /** `LastModified`, or the file's modification time: ISO 8601, or `unknown`. */
  readonly landedAt: string;
  /** Its size as stored. */
  readonly bytes: number;
  /** Lines that are events of the runs, copies included. */
  readonly events: number;
  /** Lines that are events of other runs. */
  readonly foreignLines: number;
  readonly corruptLines: number;
}

/** Objects under the error prefix. */
export interface ErrorObjects {
  /** For example `processing-failed`. */
  readonly errorType: string;
  readonly objects: number;
  readonly bytes: number;
}

/** Object time minus event time over every event line of the runs; null without events. */
export interface Latency {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** The document that `--json` prints. */
export interface Proof {
  /** Whether every event is present and nothing is corrupt; with `exactlyOnce`, also whether nothing is duplicated. */
  readonly complete: boolean;
  /**
   * Whether all lines with UUIDs of the runs, and only those, are corrupt: probably they were sent with another template. Or
   * events are missing, and may be in {@link unreadObjects}.
   */
  readonly unproven: boolean;
  readonly exactlyOnce: boolean;
  /** A directory or an `s3://` address. */
  readonly source: string;
  /** When the reading ended. ISO 8601. */
  readonly checkedAt: string;
  /** Set if the run was stopped, or had not ended. */
  readonly unfinished?: true;
  /** In the order of the question. */
  readonly runs: readonly RunProof[];
  /** Lines that are events of other runs. */
  readonly foreignLines: number;
  /** Sorted: the first {@link maxCorruptLines}. */
  readonly corruptLines: readonly CorruptLine[];
  readonly corruptLineCount: number;
  /** Sorted: the first {@link maxCorruptLines}. */
  readonly corruptObjects: readonly CorruptObject[];
  readonly corruptObjectCount: number;
  /** How many objects of a shared bucket could not be read, and why. */
  readonly unreadObjects: readonly string[];
  /** Objects read, at least in part, without those under the error prefix. */
  readonly objects: number;
  /** Objects that hold events of the runs or are corrupt, in the order of landing. */
  readonly objectCounts: readonly ObjectCount[];
  readonly errorObjects: readonly ErrorObjects[];
  readonly latencyMs: Latency;
}

/** Limit of the missing ranges of a run in a proof. */
export const maxMissingRanges = 100_000;

/** Limit of the corrupt lines, and of the corrupt objects, in a proof. */
export const maxCorruptLines = 1_000;

/** The proof, and the data of its plots. */
export interface Evidence {
  readonly proof: Proof;
  /** Number of event lines by the time in them, in milliseconds since 1970, sorted. */
  readonly eventTimes: readonly ValueCount[];
  /** Number of event lines by latency in milliseconds, sorted. */
  readonly latencies: readonly ValueCount[];
}

export type ValueCount = readonly [value: number, count: number];

/** The sum of one count over all runs. */
export function total(proof: Proof, count: keyof Omit<Tally, 'segments'>): number {
  return proof.runs.reduce((sum, run) => sum + run[count], 0);
}
