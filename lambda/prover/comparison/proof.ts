import type { SlicePair } from '../../contract/slice.ts';

/** What became of one run. */
export interface RunProof {
  /** Names the run. */
  readonly runId: string;
  /** The stream that its events were pushed to. */
  readonly deliveryStreamName: string;
  /** Index of the first event that was looked for. */
  readonly from: number;
  /** Index after the last event that was looked for. */
  readonly to: number;
  /** Events looked for: `present + missing`. */
  readonly expected: number;
  /** Events found, once or more often. */
  readonly present: number;
  /** Events not found. */
  readonly missing: number;
  /** Events found more than once. */
  readonly duplicated: number;
  /** How often events were found beyond the first time. */
  readonly extraCopies: number;
  /** Exactly the missing events, as sorted ranges `[from, to)` that don't touch: the first {@link maxMissingRanges}. */
  readonly missingRanges: readonly SlicePair[];
  /** How many ranges there are. */
  readonly missingRangeCount: number;
}

/** A line that is no event. */
export interface CorruptLine {
  /** Key of the object. */
  readonly object: string;
  /** Number of the line, from 1. */
  readonly line: number;
  /** What differs, where the line bears the UUID of an event. @default - it bears none */
  readonly difference?: LineDifference;
}

/** Where a line differs from the event that it should be. */
export interface LineDifference {
  /** The part of the template, as a person would name it. */
  readonly part: string;
  /** What was expected there. */
  readonly expected: string;
  /** What is there. */
  readonly found: string;
}

/** An object that could not be read to its end; the lines before count. */
export interface CorruptObject {
  /** Key of the object. */
  readonly object: string;
  /** What is wrong with it. */
  readonly reason: string;
}

/** What one object held. */
export interface ObjectCount {
  /** Key of the object. */
  readonly object: string;
  /** When it landed: `LastModified`, or the file's modification time. ISO 8601. */
  readonly landedAt: string;
  /** Its size, compressed if it is, in bytes. */
  readonly bytes: number;
  /** Lines that are events of the runs, copies included. */
  readonly events: number;
  /** Lines that are events of other runs. */
  readonly foreignLines: number;
  /** Lines that are no events. */
  readonly corruptLines: number;
}

/** Objects under the error prefix. */
export interface ErrorObjects {
  /** What the delivery stream calls the error, such as `processing-failed`. */
  readonly errorType: string;
  /** How many objects. */
  readonly objects: number;
  /** Their size together, in bytes. */
  readonly bytes: number;
}

/** Object time minus event time, in milliseconds, over every event line of the runs; null when there is none. */
export interface Latency {
  /** Half of the lines have at most this. */
  readonly p50: number | null;
  /** 95 % of the lines have at most this. */
  readonly p95: number | null;
  /** 99 % of the lines have at most this. */
  readonly p99: number | null;
  /** The longest. */
  readonly max: number | null;
}

/** What was found out about every event of some runs: the document that `--json` prints. */
export interface Proof {
  /** Whether every event is present and nothing is corrupt; with `exactlyOnce`, also whether nothing is there twice. */
  readonly complete: boolean;
  /** Whether a duplicate spoils the proof. */
  readonly exactlyOnce: boolean;
  /** What was read: a directory or an `s3://` address. */
  readonly source: string;
  /** When the reading ended. ISO 8601. */
  readonly checkedAt: string;
  /** One for each run, in the order of the question. */
  readonly runs: readonly RunProof[];
  /** Lines that are events of other runs. */
  readonly foreignLines: number;
  /** Lines that are no events, sorted: the first {@link maxCorruptLines}. */
  readonly corruptLines: readonly CorruptLine[];
  /** How many such lines there are. */
  readonly corruptLineCount: number;
  /** Objects that could not be read to their end, sorted: the first {@link maxCorruptLines}. */
  readonly corruptObjects: readonly CorruptObject[];
  /** How many such objects there are. */
  readonly corruptObjectCount: number;
  /** Objects read, without those under the error prefix. */
  readonly objects: number;
  /** Those that hold events of the runs or are corrupt, in the order in which they landed. */
  readonly objectCounts: readonly ObjectCount[];
  /** What is under the error prefix, by error type. */
  readonly errorObjects: readonly ErrorObjects[];
  /** How long events took from their generation to their object. */
  readonly latencyMs: Latency;
}

/** Most missing ranges of a run that a proof lists. */
export const maxMissingRanges = 100_000;

/** Most corrupt lines, and most corrupt objects, that a proof lists. */
export const maxCorruptLines = 1_000;

/** The proof, and what its plots are drawn from. */
export interface Evidence {
  /** What was found out. */
  readonly proof: Proof;
  /** How many event lines of the runs bear which time, in milliseconds since 1970, sorted by it. */
  readonly eventTimes: readonly ValueCount[];
  /** How many event lines of the runs took how long, in milliseconds, sorted by it. */
  readonly latencies: readonly ValueCount[];
}

/** How often a value occurs. */
export type ValueCount = readonly [value: number, count: number];

/** The sum of one number over all runs of a proof. */
export function total(
  proof: Proof,
  count: 'expected' | 'present' | 'missing' | 'duplicated' | 'extraCopies',
): number {
  return proof.runs.reduce((sum, run) => sum + run[count], 0);
}
