import * as v from 'valibot';
import { runIdExpectation, runIdPattern } from './invocation.ts';
import { maxSlicesPerMessage } from './slice.ts';

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));

const slicePair = v.pipe(
  v.strictTuple([wholeNumber, wholeNumber]),
  v.check(([from, to]) => from < to, 'a slice ends after it begins'),
  v.readonly(),
);

/**
 * Largest difference between any two clocks: those of the producer, the prover, Firehose, SQS and S3. The prover allows it
 * wherever it compares times.
 */
export const clockAllowanceMs = 5 * 60_000;

/** Days for which the proof queue keeps a claim: longer than any stays undecided while its bucket can be read. */
export const claimRetentionDays = 7;

/** How often the proof queue delivers a claim; then it moves it to the dead-letter queue. SQS allows no more. */
export const claimMaxReceives = 1_000;

/** By what an event is recognized in the bucket, the default first: by all of its bytes, or by its UUID, whatever is around it. */
export const matches = ['bytes', 'id'] as const;

export type Match = (typeof matches)[number];

/**
 * What the producer leaves for the prover, a message of the proof queue: these slices of this run were acknowledged by its
 * target between these two times.
 */
export const claimSchema = v.object({
  /** Names the run. */
  runId: v.pipe(v.string(), v.regex(runIdPattern, runIdExpectation)),
  /** The acknowledged events, as sorted slices `[from, to]` that don't touch: one at least. */
  slices: v.pipe(v.array(slicePair), v.minLength(1), v.maxLength(maxSlicesPerMessage), v.readonly()),
  /** When the first of them may have been sent, in milliseconds since 1970. */
  sentFromMs: wholeNumber,
  /** When the last of them may have been sent, in milliseconds since 1970. */
  sentToMs: wholeNumber,
});

/** See {@link claimSchema}. */
export type Claim = Readonly<v.InferOutput<typeof claimSchema>>;
