import * as v from 'valibot';
import { environmentVariables } from '../contract/settings.ts';
import { InvalidPayloadError } from './errors.ts';
import type { RunSlice } from './slice.ts';

/** What {@link parsePayload} needs to know beside the payload. */
export interface PayloadDefaults {
  /** Events of a run whose payload names none. */
  readonly defaultCount: number;
  /** Most events that a payload may ask for. */
  readonly maxCount: number;
  /** Steady rate of a run whose payload names none. */
  readonly eventsPerSecond?: number;
  /** `runId` of a payload without one: the Lambda request id, the same on Lambda's own retries. */
  readonly requestId: string;
}

const properties = ['count', 'runId', 'from', 'to', 'eventsPerSecond'] as const;
const rate = environmentVariables.eventsPerSecond;
const runIdExpected =
  'expected a text of 1 to 256 characters without control characters, for example "run-1"';

function payloadSchema(maxCount: number) {
  // custom() rather than number() + integer() + …, so that a wrong value is one problem, not three.
  const wholeNumber = (min: number, max: number, example: number) =>
    v.custom<number>(
      (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
      `expected a whole number from ${min} to ${max}, for example ${example}`,
    );
  const jsonObject = v.custom<Record<string, unknown>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'expected a JSON object',
  );
  const known = v.object({
    count: v.optional(wholeNumber(1, maxCount, Math.min(100, maxCount))),
    runId: v.optional(
      v.pipe(
        v.string(runIdExpected),
        v.check((text) => /^[^\p{Cc}\p{Cs}]{1,256}$/u.test(text), runIdExpected),
      ),
    ),
    from: v.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER - 1, 0)),
    to: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER, 100)),
    eventsPerSecond: v.optional(wholeNumber(rate.min, rate.max, rate.example)),
  });
  return v.pipe(jsonObject, known);
}

/** Schedules' own placeholders: an emulator that doesn't fill them in would give every run the same name. */
const placeholder = /^<aws\.scheduler\./;

/** The value as JSON, cut short: an error message is no place for a megabyte of somebody's payload. */
function show(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 80 ? `${json.slice(0, 77)}...` : json;
}

/**
 * Reads the payload of an invocation: `{"count", "runId", "from", "to", "eventsPerSecond"}`, all optional. `count` is
 * short for the slice `[0, count)`; `from` and `to` name a slice, which lies within `[0, count)` when `count` is there
 * too.
 *
 * @param payload What Lambda handed over: from the console's Test button, the schedule, or another caller.
 * @throws InvalidPayloadError listing every problem, what was expected, and an example that works.
 */
export function parsePayload(
  payload: unknown,
  { defaultCount, maxCount, eventsPerSecond: defaultRate, requestId }: PayloadDefaults,
): RunSlice {
  const parsed = v.safeParse(payloadSchema(maxCount), payload ?? {});
  // Not left to the schema, which passes over names such as __proto__.
  const unknown = Object.keys(
    payload && typeof payload === 'object' && !Array.isArray(payload) ? payload : {},
  )
    .filter((key) => !(properties as readonly string[]).includes(key))
    .map(
      (key) =>
        `${key}: ${show((payload as Record<string, unknown>)[key])} - ` +
        `unknown property, expected only ${properties.join(', ')}`,
    );
  if (!parsed.success || unknown.length > 0) {
    const wrong = (parsed.issues ?? []).map(
      (issue) => `${v.getDotPath(issue) ?? 'payload'}: ${show(issue.input)} - ${issue.message}`,
    );
    throw refusal([...wrong, ...unknown], maxCount);
  }
  const { count, from = 0, to = count ?? from + defaultCount } = parsed.output;
  const runId = placeholder.test(parsed.output.runId ?? '') ? requestId : (parsed.output.runId ?? requestId);
  const eventsPerSecond = parsed.output.eventsPerSecond ?? defaultRate;
  const problems: string[] = [];
  if (from >= to) {
    problems.push(`from: ${from} - expected less than to, which is ${to}`);
  }
  if (!Number.isSafeInteger(to)) {
    problems.push(
      `from: ${from} - expected so that the last event's index is at most ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  if (count !== undefined && to > count) {
    problems.push(`to: ${to} - expected at most count, which is ${count}`);
  }
  if (to - from > maxCount) {
    problems.push(`from, to: ${to - from} events - expected at most ${maxCount}`);
  }
  if (problems.length > 0) {
    throw refusal(problems, maxCount);
  }
  return { runId, from, to, ...(eventsPerSecond && { eventsPerSecond }) };
}

function refusal(problems: readonly string[], maxCount: number): InvalidPayloadError {
  return new InvalidPayloadError(
    [
      'The payload was refused, nothing was sent:',
      ...problems.map((problem) => `- ${problem}`),
      `This one works: {"count": ${Math.min(100, maxCount)}}`,
    ].join('\n'),
  );
}
