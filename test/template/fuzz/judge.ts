import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import { RunEvents } from '../../../lambda/prover/comparison/run-events.ts';
import { UuidFilter } from '../../../lambda/prover/comparison/uuid-filter.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { InvalidTemplateError } from '../../../lambda/template/errors.ts';
import type { EventTemplate } from '../../../lambda/template/event-template.ts';
import { createRandom } from '../../../lib/emulator/random.ts';
import { checkTemplate } from '../../../lib/template/check-template.ts';
import type { FuzzedTemplate, Shape } from './grammar.ts';

/** What the check of a template and its events did. */
export interface Verdict {
  readonly isAccepted: boolean;
  readonly checkMs: number;
  /** What was wrong; none if all is well. */
  readonly faults: readonly string[];
}

/** Parts that a sabotage replaces. */
export interface Subject {
  readonly check?: (source: string) => { readonly template: EventTemplate };
  /** What becomes of the bytes of a request on their way to the bucket. */
  readonly deliver?: (lines: Buffer) => Buffer;
}

export const eventsPerTemplate = 2_000;

const maxCheckMs = 2_000;

/** Largest record of Firehose. */
const maxLineBytes = 1_024_000;

const room = { dataBytes: 1_000_000, jsonBytes: 2_000_000 };
const dayMs = 86_400_000;

const runIds = [
  'run-1',
  '1c0a5f6e-9b7d-4e38-8a41-7d2f3b5c6e90',
  'a"b\\é😀/\u2028',
  '{{random.uuid}}',
  '😀'.repeat(256),
];
const firstIndexes = [0, 1, 99_990, 2 ** 31 - 5, 2 ** 32 - 1_000, 2 ** 40, 2 ** 53 - eventsPerTemplate];
const latestTimes = [
  Date.UTC(1971),
  Date.UTC(2026, 10, 30, 9, 59, 59, 999),
  Date.UTC(2028, 1, 29, 23),
  Date.UTC(9_998, 11, 31),
];

/** Checks a template, writes its events as the producer does, and proves them as the prover does. */
export function judge(
  { source, isValid, shape }: FuzzedTemplate,
  seed: number,
  { check = checkTemplate, deliver = (lines) => lines }: Subject = {},
): Verdict {
  const before = process.cpuUsage();
  const result = attempt(() => check(source).template);
  const { user, system } = process.cpuUsage(before);
  const checkMs = (user + system) / 1_000;
  const faults = checkMs > maxCheckMs ? [`the check took ${checkMs.toFixed(0)} ms`] : [];
  if ('error' in result) {
    faults.push(...faultsOfRefusal(result.error, isValid));
    return { isAccepted: false, checkMs, faults };
  }
  const outcome = attempt(() => faultsOfEvents(result.value, shape, seed, deliver));
  return {
    isAccepted: true,
    checkMs,
    faults: [...faults, ...('error' in outcome ? [`crashed: ${outcome.error}`] : outcome.value)],
  };
}

function attempt<Value>(act: () => Value): { value: Value } | { error: unknown } {
  try {
    return { value: act() };
  } catch (error) {
    return { error };
  }
}

function faultsOfRefusal(error: unknown, isValid: boolean): string[] {
  if (!(error instanceof InvalidTemplateError)) {
    return [`the check crashed: ${error}`];
  }
  const lines = error.message.split('\n');
  return [
    ...(isValid ? [`a valid template was refused: ${error.message}`] : []),
    ...(lines.length > 10 ? [`a refusal has ${lines.length} lines`] : []),
    ...lines.filter((line) => !/^\d+:\d+ \S.{10,1500}$/u.test(line)).map((line) => `not one line: ${line}`),
  ];
}

function faultsOfEvents(
  template: EventTemplate,
  shape: Shape | undefined,
  seed: number,
  deliver: (lines: Buffer) => Buffer,
): string[] {
  const random = createRandom(seed);
  const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)]!;
  const [runId, from, latestMs] = [pick(runIds), pick(firstIndexes), pick(latestTimes)];
  const to = from + eventsPerTemplate;
  const spreadMs = pick([1_000, 3_600_000, 40 * dayMs]);
  const run = new RunEvents({ deliveryStreamName: 'my-stream', runId }, [{ from, to }]);
  const sentMs = new Map<number, number>();
  const faults: string[] = [];
  const reader = createTemplateReader(template)(
    {
      runs: [run],
      filter: new UuidFilter([run]),
      isShared: false,
      earliestMs: latestMs - spreadMs - 1_000,
      latestMs,
    },
    {
      onEvent: (segment, index, timeMs, isExact) => {
        segment.see(index);
        const lateMs = sentMs.get(index)! - timeMs;
        if (isExact && (lateMs < 0 || lateMs >= 1_000)) {
          faults.push(`event ${index} of ${sentMs.get(index)} is read as of ${timeMs}`);
        }
      },
      onForeign: (lines) => faults.push(`${lines} foreign lines`),
      onCorrupt: (line, difference) => faults.push(`line ${line} is corrupt: ${JSON.stringify(difference)}`),
    },
  );
  const packRecords = createTemplatePacker(template)(pick(['ndjson', 'single'] as const), 'my-stream', runId);
  for (let next = from; next < to && faults.length === 0; ) {
    const timeMs = Math.floor(latestMs - random() * spreadMs);
    const until = Math.min(to, next + pick([1, 7, 150, 400]));
    const records = packRecords({ from: next, to: until }, room, timeMs);
    const end = records.at(-1)!.to;
    for (let index = next; index < end; index += 1) {
      sentMs.set(index, timeMs);
    }
    const lines = deliver(Buffer.concat(records.map(({ data }) => data)));
    faults.push(...faultsOfLines(lines, end - next, template.isJson, shape));
    const cut = Math.floor(random() * lines.length);
    reader.push(lines.subarray(0, cut));
    reader.push(lines.subarray(cut));
    next = end;
  }
  reader.end();
  const { present, extraCopies } = run.segments[0]!;
  if (faults.length === 0 && (present !== eventsPerTemplate || extraCopies > 0)) {
    faults.push(`${present} of ${eventsPerTemplate} events are proven, ${extraCopies} of them again`);
  }
  return faults.slice(0, 3).map((fault) => `${fault} (run ${runId.slice(0, 20)}, from ${from})`);
}

function faultsOfLines(data: Buffer, count: number, isJson: boolean, shape: Shape | undefined): string[] {
  const lines = data.toString().split('\n');
  const largest = lines.reduce((most, line) => Math.max(most, Buffer.byteLength(line) + 1), 0);
  return [
    ...(lines.pop() !== '' || lines.length !== count ? [`${lines.length} lines for ${count} events`] : []),
    ...(largest > maxLineBytes ? [`an event of ${largest} bytes`] : []),
    ...lines.flatMap((line) => {
      if (line.includes('\r') || line.includes('\ufffd')) {
        return [`a line break or no UTF-8: ${JSON.stringify(line.slice(0, 500))}`];
      }
      const json = isJson ? attempt(() => JSON.parse(line) as unknown) : { value: undefined };
      return 'error' in json
        ? [`not JSON: ${line.slice(0, 500)}`]
        : shape === undefined || fits(json.value, shape)
          ? []
          : [`not ${JSON.stringify(shape)}: ${line.slice(0, 500)}`];
    }),
  ];
}

function fits(value: unknown, shape: Shape): boolean {
  if (typeof shape === 'string') {
    return shape.split('|').includes(typeOf(value));
  }
  const values = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return values.length === shape.length && values.every((element, place) => fits(element, shape[place]!));
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}
