import type { SQSEvent } from 'aws-lambda';
import type { Environment } from '../../../lambda/prover/claims/environment.ts';
import { madeForOf } from '../../../lambda/template/deployed.ts';
import { World } from '../../simulation/worlds/world.ts';
import { createEnvironment, eventOf } from '../factories.ts';
import { createNeighbours } from './neighbours.ts';
import {
  bombOf,
  bytesOf,
  depthOf,
  hasBomb,
  maxDepth,
  memberOf,
  type Node,
  recordsOf,
  type Template,
  templates,
  textOf,
  type VisibleEvent,
  visibleEvents,
  type WrittenEvent,
} from './objects.ts';

const [secondMs, minuteMs, hourMs] = [1_000, 60_000, 3_600_000];

/** Largest difference between two clocks. */
export const skewMs = 5 * minuteMs;

/** Responses to GetObject that are not the object. */
const getLies = [
  ...['gone', 'html', 'error200', 'error500', 'denied', 'part', 'other version', 'changed'],
  ...['short', 'long', 'breaks', 'hangs'],
] as const;

/** Responses to ListObjectsV2 that look as if they were all that is there. */
const partialLists = ['no IsTruncated', 'no token', 'same token'] as const;

/** Responses to ListObjectsV2 that are not what is there. */
const listLies = [
  ...[
    'nothing',
    'html',
    'error200',
    'error500',
    'denied',
    'cut',
    'wrong count',
    'no ETag',
    'no Size',
    'hangs',
  ],
  ...partialLists,
] as const;

/** What SQS does instead of taking messages. */
const queueLies = ['error500', 'nothing', 'refuses', 'takes a part', 'hangs'] as const;

/** An object of the bucket. All times are the true ones, in milliseconds since 1970. */
export interface HostileObject {
  readonly key: string;
  readonly bytes: Buffer;
  readonly arrivedMs: number;
  readonly landedMs: number;
  readonly listedBytes: number;
  readonly hasLastModified: boolean;
  readonly lie?: string;
  readonly events: readonly VisibleEvent[];
  /** Whether it has nothing but whole events and what others wrote: no line of it is corrupt. */
  readonly isClean: boolean;
  /** Whether its bytes can be read to their end. */
  readonly content: 'readable' | 'perhaps' | 'unreadable';
}

/** A message of the proof queue. */
export interface HostileMessage {
  readonly body: string;
  readonly sentTimestampMs: number;
  readonly receives: number;
  /** Of this deployment if it is missing; `unknown` if the message does not say it. */
  readonly madeFor?: 'unknown' | 'another';
  /** Missing if it is no claim. */
  readonly claim?: {
    readonly runId: string;
    readonly slices: readonly (readonly [number, number])[];
    /** By the producer's clock. */
    readonly sentFromMs: number;
    readonly sentToMs: number;
    /** By the true clock. */
    readonly trueFromMs: number;
    readonly trueToMs: number;
    readonly queuedMs: number;
  };
}

/** How far each clock is ahead of the true one. */
type Clocks = Readonly<Record<'producer' | 'prover' | 'firehose' | 'sqs' | 's3', number>>;

/** An invocation of the prover, and all that it meets. */
export interface HostileCase {
  readonly seed: number;
  readonly environment: Environment;
  readonly template: Template;
  readonly clocks: Clocks;
  /** Start, by the true clock. */
  readonly checkMs: number;
  /** Time until the timeout. */
  readonly timeMs: number;
  readonly messages: readonly HostileMessage[];
  readonly objects: readonly HostileObject[];
  readonly pageSize: number;
  /** The n-th listing is a lie. */
  readonly listLie?: { readonly kind: string; readonly order: number };
  readonly deadLetterLie?: string;
  readonly postponeLie?: string;
  /** Whether nothing takes long. */
  readonly isQuick: boolean;
}

/** Prefixes of a stream, and the keys that they make of a time in ISO format. */
const prefixes: Record<string, (iso: string) => string> = {
  'events/!{timestamp:yyyy/MM/dd/HH}/': (iso) => `events/${iso.slice(0, 13).replace(/[-T]/g, '/')}/`,
  '': (iso) => `${iso.slice(0, 13).replace(/[-T]/g, '/')}/`,
  'raw <&>/!{timestamp:yyyy-MM-dd-HH-mm}/': (iso) => `raw <&>/${iso.slice(0, 16).replace(/[T:]/g, '-')}/`,
  'dt=!{timestamp:yyyy-MM-dd}/': (iso) => `dt=${iso.slice(0, 10)}/`,
  'all/!{firehose:random-string}/': () => 'all/x7/',
};

/** Start of the key of an object, by when its oldest record arrived. */
export function keyStart({ environment, clocks }: Pick<HostileCase, 'environment' | 'clocks'>, atMs: number) {
  const { prefix, prefixTimeZone: timeZone = 'UTC' } = environment;
  const time = new Date(atMs + clocks.firehose).toLocaleString('sv-SE', { timeZone });
  return prefixes[prefix]!(time.replace(' ', 'T'));
}

const formats = ['ndjson', 'ndjson', 'single', 'gzip'] as const;

const bogus = [
  'no JSON',
  '[]',
  '{"runId":"run-0","slices":[[0,5,9]],"sentFromMs":1,"sentToMs":2}',
  '{"runId":"run-0","slices":[[5,5]],"sentFromMs":1,"sentToMs":2}',
  '{"runId":"run-0","slices":[[0,9007199254740993]],"sentFromMs":1,"sentToMs":2}',
  '{"runId":"run-0","slices":[[0,500000001]],"sentFromMs":1,"sentToMs":2}',
  '{"runId":"run-0","slices":[[0,5]],"sentFromMs":3,"sentToMs":2}',
  '{"runId":"run-0","slices":[[0,5]],"sentFromMs":1e300,"sentToMs":1e300}',
  '{"runId":"run-0","slices":[[0,5]],"sentFromMs":0,"sentToMs":9000000000000}',
  `{"runId":"\\u0000","slices":${'['.repeat(5_000)}${']'.repeat(5_000)},"sentFromMs":1,"sentToMs":2}`,
];

/** A random case; the same for the same seed. `isReal`: for the deployed function in real time. */
export async function createCase(
  seed: number,
  { checkMs: untilMs = Date.UTC(2_026, 10, 22, 10, 2), isReal = false } = {},
): Promise<HostileCase> {
  const world = new World(seed);
  const { random, integer, chance, pick } = bound(world);
  const template = isReal ? templates[0]! : pick(templates);
  const prefix = pick(Object.keys(prefixes));
  const bufferingSeconds = pick([0, 60, 60, 300, 900]);
  const isShared = chance(0.25);
  const neighbours = isShared ? createNeighbours(seed, template, untilMs) : undefined;
  const checkMs = isReal ? untilMs : (neighbours?.checkMs ?? untilMs);
  const environment = createEnvironment({ prefix, bufferingSeconds, isShared, ...neighbours?.settings });
  // Any two differ by at most five minutes.
  const least = -random() * skewMs;
  const offset = () => Math.round(least + pick([0, 1, random()]) * skewMs);
  const clocks: Clocks = {
    producer: offset(),
    prover: isReal ? 0 : offset(),
    firehose: offset(),
    sqs: offset(),
    s3: offset(),
  };
  const hasBombs = chance(isReal ? 0.2 : 0.04);
  const isHonest = chance(0.5);
  const objects: HostileObject[] = [];
  const messages: HostileMessage[] = [];

  const foreignText = (): Node => {
    const kind = integer(0, 7);
    const words = ['{"a":1}\n', 'hello\n', '\n'.repeat(integer(1, 2_000)), '{"open":'];
    const other = { runId: `other-${integer(0, 9)}`, index: integer(0, 500), timeMs: checkMs - hourMs };
    return kind < 4
      ? textOf(Buffer.from(words[kind]!))
      : kind === 4
        ? textOf(Buffer.from(`{"long":"${'x'.repeat(integer(1, 100_000))}"}\n`))
        : textOf(bytesOf(recordsOf(template, 'ndjson', other, other.index + integer(1, 99))));
  };

  /** An event that is changed in one place. */
  const corruptText = (event: WrittenEvent): Node => {
    const line = bytesOf(recordsOf(template, 'ndjson', event, event.index + 1)).toString();
    // Not every template has braces and quotes.
    const changed = [
      `x${line.slice(1)}`,
      line.replace(/[0-9a-f](?=[0-9a-f]-)/, (digit) => (digit === '0' ? '1' : '0')),
      line.replace('}', ' }'),
      line.replace(/"([0-9a-f]{8}-)/, (_, start: string) => `"${start.toUpperCase()}_`),
      `${line.slice(0, -3)}\n`,
    ].filter((each) => each !== line);
    const text = pick(changed);
    const [uuid] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(line)!;
    return textOf(Buffer.from(text), environment.match === 'id' && text.includes(uuid) ? [event] : undefined);
  };

  const land = async (
    records: readonly Node[],
    arrivedMs: number,
    landedMs: number,
    hasOnlyEvents = false,
  ) => {
    const parts = neighbours?.join(records) ?? records;
    const nodes: Node[] = [];
    const size = Math.ceil(parts.length / integer(1, 4));
    for (let at = 0; at < parts.length; at += size) {
      const group = [...(chance(0.2) ? [foreignText()] : []), ...parts.slice(at, at + size)];
      const layers = pick([0, 0, 0, 0, 0, 1, 1, 1, 1, 2]);
      nodes.push(...(layers === 0 ? group : [layers === 1 ? memberOf(group) : memberOf([memberOf(group)])]));
    }
    const whole = chance(0.15) ? [memberOf(nodes)] : nodes;
    const all =
      hasBombs && chance(0.3)
        ? whole.toSpliced(integer(0, whole.length), 0, bombOf(world, isReal ? 32 : 1))
        : whole;
    let bytes = bytesOf(all);
    let [storedBytes, changedAt] = [bytes.length, bytes.length];
    const hasTrap = parts.some((part) => 'lines' in part && part.isTrap);
    const damage = chance(0.1) ? pick(['cut', 'cut', 'append', bytes.length < 5_000 ? 'flip' : '']) : '';
    if (damage === 'cut') {
      storedBytes = integer(0, bytes.length);
      bytes = bytes.subarray(0, storedBytes);
    } else if (damage === 'flip' && bytes.length > 0) {
      changedAt = integer(0, bytes.length - 1);
      bytes[changedAt]! ^= integer(1, 255);
    } else if (damage === 'append') {
      bytes = Buffer.concat([
        bytes,
        pick([
          Buffer.alloc(99),
          Buffer.from([1, 2, 3].map(() => integer(0, 255))),
          Buffer.from('\x1f'),
          Buffer.from('xyz'),
        ]),
      ]);
    }
    const lie = !isHonest && bytes.length > 0 && chance(0.1) ? pick(getLies) : undefined;
    const isListedWrong = !isHonest && chance(0.03) && bytes.length > 1;
    const format = await neighbours?.format(bytes);
    const isUnreadable = (hasTrap && damage !== 'cut') || format?.isUnreadable === true;
    const isIntact = damage === '' && !hasBomb(all);
    const isReadable = isIntact && depthOf(all) <= maxDepth;
    const content = isUnreadable ? 'unreadable' : isReadable ? 'readable' : 'perhaps';
    objects.push({
      key: `${keyStart({ environment, clocks }, arrivedMs)}my-stream-1-${objects.length}`,
      ...{ bytes: format?.bytes ?? bytes, arrivedMs, landedMs, content },
      isClean: hasOnlyEvents && isIntact,
      listedBytes: isListedWrong ? integer(1, bytes.length * 2) : (format?.bytes ?? bytes).length,
      hasLastModified: isHonest || !chance(0.05),
      ...(lie && { lie }),
      events: format?.isHidden
        ? []
        : visibleEvents(all, storedBytes, format?.isUnreadable ? 0 : changedAt, environment),
    });
  };

  const claim = async (age: number) => {
    const trueToMs = Math.floor(checkMs - age);
    const madeFor = chance(0.2) ? pick(['unknown', 'another'] as const) : undefined;
    const runId = madeFor === 'another' ? 'another-deployment' : `run-${integer(0, 3)}`;
    const trueFromMs = trueToMs - pick([0, 500, 20 * secondMs, 14 * minuteMs]);
    const slices: [number, number][] = [];
    for (let at = integer(0, 200); slices.length < pick([1, 1, 2, 4]); ) {
      const to = at + (chance(0.03) ? integer(1, 4_000) : integer(1, 60));
      slices.push([at, to]);
      at = to + integer(1, 50);
    }
    const isComplete = chance(0.55);
    const isTogether = chance(0.8);
    const together: Node[] = [];
    let [firstMs, lastMs] = [checkMs, 0];
    for (const [from, to] of slices) {
      for (let at = from; at < to; ) {
        const end = Math.min(to, at + integer(1, isComplete ? to - from : 40));
        const sentMs = trueFromMs + random() * (trueToMs - trueFromMs);
        const event = {
          runId,
          index: at,
          timeMs: Math.floor((sentMs + clocks.producer) / secondMs) * secondMs,
        };
        const write = (written = event) =>
          recordsOf(template, pick(formats), written, end, neighbours?.separator);
        const arrivedMs = sentMs - random() * pick([0, 1]) * bufferingSeconds * secondMs;
        const landedMs =
          sentMs +
          random() * bufferingSeconds * secondMs +
          pick([0, 900, 2 * minuteMs, hourMs, 23 * hourMs]) * random();
        const onTime = Math.min(landedMs, Math.max(sentMs, checkMs - secondMs));
        const fate = isComplete ? 0 : integer(0, 19);
        if (fate < 9 && isTogether) {
          together.push(...write());
          [firstMs, lastMs] = [Math.min(firstMs, arrivedMs), Math.max(lastMs, onTime)];
        } else if (fate < 9) {
          await land(write(), arrivedMs, onTime, true);
        }
        if (fate === 9 || (fate === 0 && chance(0.1))) {
          await land([...write(), ...write()], arrivedMs, onTime, true);
        } else if (fate === 10) {
          await land([corruptText(event), foreignText()], arrivedMs, onTime);
        } else if (fate === 11) {
          const wrongMs = pick([
            -40 * hourMs,
            -2 * hourMs,
            -16 * minuteMs,
            16 * minuteMs,
            2 * hourMs,
            8_000 * 365 * 24 * hourMs - checkMs,
          ]);
          const timeMs = Math.max(0, event.timeMs + wrongMs - pick([0, 14 * minuteMs]));
          await land(write({ ...event, timeMs }), arrivedMs, onTime);
        } else if (fate === 12) {
          await land(write(), checkMs, checkMs + random() * pick([1, 20, 1_000]) * secondMs);
        } else if (fate === 13) {
          await land(write(), sentMs - 30 * minuteMs, sentMs - 20 * minuteMs);
        } else if (fate === 14) {
          await land(write(), sentMs - pick([3, 30]) * hourMs, onTime);
        }
        at = end;
      }
    }
    if (together.length > 0) {
      await land(together, firstMs, lastMs, true);
    }
    const [sentFromMs, sentToMs] = [trueFromMs, trueToMs].map((ms) => ms + clocks.producer) as [
      number,
      number,
    ];
    const queuedMs = Math.min(checkMs, trueToMs + pick([0, 0, 300, 2 * secondMs, 10 * minuteMs, 3 * hourMs]));
    messages.push({
      body: JSON.stringify({ runId, slices, sentFromMs, sentToMs }),
      sentTimestampMs: queuedMs + clocks.sqs,
      receives: pick([1, 1, 2, 50, 4, 899, 900]),
      ...(madeFor && { madeFor }),
      claim: { runId, slices, sentFromMs, sentToMs, trueFromMs, trueToMs, queuedMs },
    });
  };

  const ages = [
    61 * secondMs,
    6 * minuteMs,
    3 * hourMs,
    24.7 * hourMs,
    25.3 * hourMs,
    30 * hourMs,
    6.2 * 24 * hourMs,
  ];
  const age = pick(ages);
  for (let count = pick([1, 1, 1, 2, 3]); count > 0; count -= 1) {
    await claim(chance(0.7) ? age : pick(ages));
  }
  if (chance(0.15)) {
    messages.push({ body: pick(bogus), sentTimestampMs: checkMs, receives: 1 });
  }
  if (chance(0.1)) {
    // Somebody's claim on events that never were.
    const [sentMs, events] = [checkMs - pick(ages), pick([1_000, 400_000, 300_000_000])];
    const times = { sentFromMs: sentMs + clocks.producer, sentToMs: sentMs + clocks.producer };
    const body = { runId: `run-${integer(0, 5)}`, slices: [[0, events]] as [number, number][], ...times };
    const truth = { ...body, trueFromMs: sentMs, trueToMs: sentMs, queuedMs: sentMs };
    messages.push({
      body: JSON.stringify(body),
      sentTimestampMs: sentMs + clocks.sqs,
      receives: 2,
      claim: truth,
    });
  }
  const others = hasBombs ? pick([1, 1, 2, 2, 12, 120]) : pick([0, 0, 2]);
  for (let count = others; count > 0; count -= 1) {
    const atMs = checkMs - age - random() * hourMs;
    await land(
      [hasBombs ? bombOf(world, isReal ? 32 : 1) : foreignText()],
      atMs,
      Math.min(checkMs, atMs + hourMs),
    );
  }
  const kind = pick([...listLies, ...partialLists, ...partialLists, ...partialLists]);
  const listLie = { kind, order: integer(0, 3) };
  return {
    ...{ seed, environment, template, clocks, checkMs, messages, objects, pageSize: pick([2, 5, 1_000]) },
    timeMs: isReal ? 6_000 * 2 ** random() : 500 * (hasBombs && others < 100 ? 3 : 40) ** random(),
    ...(!isHonest && chance(0.4) && { listLie }),
    ...(!isHonest && chance(0.3) && { deadLetterLie: pick(queueLies) }),
    ...(!isHonest && chance(0.1) && { postponeLie: pick(queueLies) }),
    isQuick: !hasBombs,
  };
}

function bound(world: World) {
  return {
    random: world.random,
    integer: world.integer.bind(world),
    chance: world.chance.bind(world),
    pick: world.pick.bind(world) as World['pick'],
  };
}

/** The event of the proof queue. */
export function createEvent({ messages, environment, template }: HostileCase): SQSEvent {
  const own = madeForOf(environment, template.source);
  const events = messages.map(({ body, receives, sentTimestampMs, madeFor }) => {
    const made = { unknown: undefined, another: { ...own, template: 'another' } };
    return eventOf([body], receives, sentTimestampMs, madeFor ? made[madeFor] : own);
  });
  const records = events.flatMap(({ Records }) => Records);
  return { Records: records.map((record, place) => ({ ...record, messageId: `message-${place}` })) };
}
