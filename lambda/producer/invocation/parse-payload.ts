import * as v from 'valibot';
import { type Payload, runIdExpectation, runIdPattern } from '../../contract/invocation.ts';
import {
  type Bounds,
  isWholeNumber,
  type ProducerSettings,
  producerSettings,
  wholeNumberExpectation,
} from '../../contract/settings.ts';
import {
  maxSlicesPerMessage,
  mergeSlices,
  pairsLength,
  type RunSlice,
  type Slice,
  type SlicePair,
} from '../../contract/slice.ts';
import { InvalidPayloadError } from './errors.ts';

const wholeNumber = (bounds: Bounds) =>
  // custom() rather than number() + integer() + …, so that a wrong value is one problem, not three.
  v.optional(
    v.custom<number>(
      (value) => isWholeNumber(value, bounds),
      `expected ${wholeNumberExpectation(bounds)}, for example ${bounds.example}`,
    ),
  );

const isSlice = (pair: unknown) =>
  Array.isArray(pair) &&
  pair.length === 2 &&
  pair.every(Number.isSafeInteger) &&
  pair[0] >= 0 &&
  pair[0] < pair[1];

const slices = v.optional(
  v.custom<readonly SlicePair[]>(
    (value) =>
      Array.isArray(value) && value.length > 0 && value.length <= maxSlicesPerMessage && value.every(isSlice),
    `expected 1 to ${maxSlicesPerMessage} slices [from, to], for example [[0, 100], [200, 300]]`,
  ),
);

const runId = v.optional(
  v.custom<string>(
    (value) => typeof value === 'string' && runIdPattern.test(value),
    `expected ${runIdExpectation}`,
  ),
);

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const jsonObject = v.custom<object>(isObject, 'expected a JSON object');

/** A count that the example of every message can use. */
const exampleCount = (maxCount: number) => Math.min(producerSettings.count.default, maxCount);

const payloadSchema = (maxCount: number) =>
  v.object({
    count: wholeNumber({ min: 1, max: maxCount, example: exampleCount(maxCount) }),
    runId,
    from: wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER - 1, example: 0 }),
    to: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER, example: 100 }),
    slices,
    eventsPerSecond: wholeNumber(producerSettings.eventsPerSecond),
  } satisfies Record<keyof Payload, unknown>);

/** A schedule's own placeholder: an emulator that doesn't fill it in would give every run the same name. */
const placeholder = /<aws\.scheduler\.[a-z-]+>/;

/** The value as JSON, cut short: a message is no place for a megabyte of somebody's payload. */
function show(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 80 ? `${json.slice(0, 77)}...` : json;
}

/**
 * Reads the {@link Payload} of an invocation. `count` is short for the slice `[0, count)`; `from` and `to` name a slice,
 * which lies within `[0, count)` when `count` is given too. `slices` names several.
 *
 * @param settings Count, largest count and steady rate of a payload that names none.
 * @param requestId `runId` of a payload without one: the Lambda request id, the same on Lambda's own retries.
 * @throws InvalidPayloadError listing every problem, what was expected, and an example that works.
 */
export function parsePayload(payload: unknown, settings: ProducerSettings, requestId: string): RunSlice {
  const { maxCount } = settings;
  const schema = payloadSchema(maxCount);
  const parsed = v.safeParse(v.pipe(jsonObject, schema), payload ?? {});
  const unknown = describeUnknown(payload, Object.keys(schema.entries));
  if (!parsed.success || unknown.length > 0) {
    const wrong = (parsed.issues ?? []).map(
      (issue) => `${v.getDotPath(issue) ?? 'payload'}: ${show(issue.input)} - ${issue.message}`,
    );
    throw refusal([...wrong, ...unknown], maxCount);
  }
  const { count, runId: given } = parsed.output;
  const pairs = mergeSlices((parsed.output.slices ?? []).map(([from, to]) => ({ from, to })));
  const { from = pairs[0]?.[0] ?? 0 } = parsed.output;
  const { to = pairs.at(-1)?.[1] ?? count ?? from + settings.count } = parsed.output;
  const events = pairs.length > 0 ? pairsLength(pairs) : to - from;
  const isMixed =
    pairs.length > 0 && Object.keys(parsed.output).some((name) => /^(count|from|to)$/.test(name));
  const problems = isMixed
    ? ['slices: expected without count, from and to']
    : describeConflicts({ count, from, to, events }, maxCount);
  if (problems.length > 0) {
    throw refusal(problems, maxCount);
  }
  const eventsPerSecond = parsed.output.eventsPerSecond ?? settings.eventsPerSecond;
  return {
    runId: given === undefined || placeholder.test(given) ? requestId : given,
    from,
    to,
    ...(pairs.length > 1 && { slices: pairs }),
    ...(eventsPerSecond && { eventsPerSecond }),
  };
}

/** Not left to the schema, which passes over names such as __proto__. */
function describeUnknown(payload: unknown, known: readonly string[]): string[] {
  return Object.entries(isObject(payload) ? payload : {})
    .filter(([name]) => !known.includes(name))
    .map(([name, value]) => `${name}: ${show(value)} - unknown property, expected only ${known.join(', ')}`);
}

/** Values that are valid one by one, but not together. */
function describeConflicts(
  { count, from, to, events }: Slice & { readonly count: number | undefined; readonly events: number },
  maxCount: number,
): string[] {
  return [
    ...(from >= to ? [`from: ${from} - expected less than to, which is ${to}`] : []),
    ...(Number.isSafeInteger(to)
      ? []
      : [`from: ${from} - expected so that the last event's index is at most ${Number.MAX_SAFE_INTEGER}`]),
    ...(count !== undefined && to > count ? [`to: ${to} - expected at most count, which is ${count}`] : []),
    ...(events > maxCount ? [`from, to: ${events} events - expected at most ${maxCount}`] : []),
  ];
}

function refusal(problems: readonly string[], maxCount: number): InvalidPayloadError {
  return new InvalidPayloadError(
    [
      'The payload was refused, nothing was sent:',
      ...problems.map((problem) => `- ${problem}`),
      `This one works: {"count": ${exampleCount(maxCount)}}`,
    ].join('\n'),
  );
}
