import type { Draw } from './draw.ts';
import type { PartValue, WritePart } from './part.ts';
import {
  createTimeFormat,
  defaultFormat,
  defaultUtcFormat,
  epochMilliseconds,
  epochSeconds,
  isoFormat,
  type TimeFormat,
} from './time-format.ts';
import {
  edgesOf,
  gridOf,
  type NumberGrid,
  writeBytes,
  writeDecimal,
  writeInteger,
  writeText,
} from './write-text.ts';

export interface TemplateFunction {
  /** The arguments, for messages. */
  readonly expected: string;
  /** A call that works, without its braces. */
  readonly example: string;
  /** Makes what it writes; undefined if the arguments don't fit. */
  readonly bind: (args: readonly unknown[], isJson: boolean) => PartValue | undefined;
}

const maxLength = 10_000;

/** Random characters that are repeated more often have the same form for JSON. */
const edgeLength = 6;

const maxFormatLength = 200;

const [digits, lower, upper] = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

const hexPairs = Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0'), 'latin1'),
);

/** The two hex digits of every byte, as one number of two ASCII codes. */
const hexCodes = Uint16Array.from(hexPairs, (pair) => pair.readUInt16BE());

/** How many bytes of a UUID are written before, between and after its dashes. */
const bytesBetweenDashes = [4, 2, 2, 2, 6];

const decimalBytes = Array.from({ length: 256 }, (_, byte) => Buffer.from(String(byte), 'latin1'));

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isLength = (value: unknown): value is number => isInteger(value) && value > 0 && value <= maxLength;

const none = 'no arguments';

function without(example: string, value: PartValue): TemplateFunction {
  return { expected: none, example, bind: (args) => (args.length === 0 ? value : undefined) };
}

/** Values that pass checks, each of them if it is given. */
type Options<Checks> = {
  readonly [Name in keyof Checks]?: Checks[Name] extends (value: unknown) => value is infer Value
    ? Value
    : never;
};

/**
 * The options that a function was given; undefined if one is unknown or doesn't fit.
 *
 * @param short The option that may be given alone, without its name.
 */
function optionsOf<Checks extends Readonly<Record<string, (value: unknown) => boolean>>>(
  args: readonly unknown[],
  checks: Checks,
  short: keyof Checks,
): Options<Checks> | undefined {
  const [first] = args;
  const isObject = typeof first === 'object' && first !== null && !Array.isArray(first);
  const options: object = isObject || first === undefined ? { ...first } : { [short]: first };
  const areFit = Object.entries(options).every(
    ([name, value]) => Object.hasOwn(checks, name) && checks[name]!(value),
  );
  return args.length <= 1 && areFit ? options : undefined;
}

function drawFrom(grid: NumberGrid | undefined): PartValue | undefined {
  if (grid === undefined) {
    return undefined;
  }
  const { count, firstUnits, stepUnits, decimals } = grid;
  return {
    isRandom: true,
    edges: () => edgesOf(grid),
    write: (target, at, draw) =>
      writeDecimal(target, at, firstUnits + Math.floor(draw.fraction() * count) * stepUnits, decimals),
  };
}

/** A number on a grid: the multiples of a step within bounds. */
function gridNumber(defaults: { readonly max: number; readonly step: number }): TemplateFunction['bind'] {
  return (args) => {
    const checks = { min: isNumber, max: isNumber, precision: isNumber, multipleOf: isNumber };
    const options = optionsOf(args, checks, 'max');
    if (options === undefined) {
      return undefined;
    }
    const { min = 0, max = defaults.max, precision = defaults.step, multipleOf = precision } = options;
    return drawFrom(gridOf(min, max, multipleOf));
  };
}

/** A number with decimals: by default all that a double has. */
function float(args: readonly unknown[]): PartValue | undefined {
  const isDigits = (value: unknown): value is number => isInteger(value) && value >= 0 && value <= 15;
  const checks = {
    min: isNumber,
    max: isNumber,
    multipleOf: isNumber,
    precision: isNumber,
    fractionDigits: isDigits,
  };
  const options = optionsOf(args, checks, 'max');
  if (options === undefined) {
    return undefined;
  }
  const { min = 0, max = 1, precision, fractionDigits, multipleOf } = options;
  const step =
    multipleOf ?? precision ?? (fractionDigits === undefined ? undefined : 1 / 10 ** fractionDigits);
  if (step !== undefined) {
    return drawFrom(gridOf(min, max, step));
  }
  const next = [min, max, (min + max) / 2, 0, 1e-7, -1e-7].filter((value) => value >= min && value <= max);
  return max < min || !Number.isFinite(max - min)
    ? undefined
    : {
        isRandom: true,
        edges: () => next.map(String),
        write: (target, at, draw) => writeText(target, at, String(min + draw.fraction() * (max - min))),
      };
}

function oneOf(values: readonly unknown[]): PartValue {
  const choices = values.map(textOf);
  const bytes = choices.map((text) => Buffer.from(text));
  return {
    isRandom: true,
    choices,
    write: (target, at, draw) => writeBytes(target, at, bytes[Math.floor(draw.fraction() * bytes.length)]!),
  };
}

function arrayElement(args: readonly unknown[]): PartValue | undefined {
  const [list = ['a', 'b', 'c']] = args;
  return args.length <= 1 && Array.isArray(list) && list.length > 0 ? oneOf(list) : undefined;
}

/** One of some texts, each as often as its weight says. */
function weighted(values: readonly unknown[], weights: readonly unknown[]): PartValue | undefined {
  const areWeights = weights.every((weight) => isNumber(weight) && weight >= 0);
  if (values.length === 0 || values.length !== weights.length || !areWeights) {
    return undefined;
  }
  const choices = values.map(textOf);
  const bytes = choices.map((text) => Buffer.from(text));
  let sum = 0;
  const ends = (weights as readonly number[]).map((weight) => {
    sum += weight;
    return sum;
  });
  if (!(sum > 0 && Number.isFinite(sum))) {
    return undefined;
  }
  const lastPlace = ends.indexOf(sum);
  const write: WritePart = (target, at, draw) => {
    const drawn = draw.fraction() * sum;
    let place = 0;
    while (place < lastPlace && drawn >= ends[place]!) {
      place += 1;
    }
    return writeBytes(target, at, bytes[place]!);
  };
  const possible = choices.filter((_, place) => (weights[place] as number) > 0);
  return { isRandom: true, choices: possible, write };
}

/** Today's form is a list of `{weight, value}`, KDG's is `{weights, data}`. */
function weightedArrayElement(args: readonly unknown[]): PartValue | undefined {
  const [given = { weights: [1, 1], data: ['dog', 'cat'] }, ...more] = args;
  if (more.length > 0 || typeof given !== 'object' || given === null) {
    return undefined;
  }
  if (Array.isArray(given)) {
    const pairs = given as readonly Partial<Record<'weight' | 'value', unknown>>[];
    return pairs.every((pair) => Object.keys(Object(pair)).sort().join() === 'value,weight')
      ? weighted(
          pairs.map(({ value }) => value),
          pairs.map(({ weight }) => weight),
        )
      : undefined;
  }
  const { weights, data, ...unknown } = given as Partial<Record<'weights' | 'data', unknown>>;
  return Array.isArray(weights) && Array.isArray(data) && Object.keys(unknown).length === 0
    ? weighted(data, weights)
    : undefined;
}

/** Texts as they are, everything else as JSON. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function boolean(args: readonly unknown[]): PartValue | undefined {
  const isShare = (value: unknown): value is number => isNumber(value) && value >= 0 && value <= 1;
  const options = optionsOf(args, { probability: isShare }, 'probability');
  const { probability = 0.5 } = options ?? {};
  return options && weighted([true, false], [probability, 1 - probability]);
}

type Casing = 'lower' | 'upper' | 'mixed';

function characters(
  example: string,
  alphabets: Readonly<Record<Casing, string>>,
  usualCasing: Casing,
  usualPrefix = '',
): TemplateFunction {
  const checks = {
    length: isLength,
    count: isLength,
    casing: (value: unknown): value is Casing => isText(value) && Object.hasOwn(alphabets, value),
    prefix: isText,
  };
  const bind = (args: readonly unknown[]): PartValue | undefined => {
    const options = optionsOf(args, checks, 'length');
    if (options === undefined) {
      return undefined;
    }
    const { count = 1, length = count, casing = usualCasing, prefix = usualPrefix } = options;
    const alphabet = Buffer.from(alphabets[casing], 'latin1');
    const start = Buffer.from(prefix);
    const write: WritePart = (target, at, draw) => {
      const words = draw.words();
      const begin = writeBytes(target, at, start);
      for (let place = begin; place < begin + length; place += 1) {
        target[place] = alphabet[Math.floor((words.next() * alphabet.length) / 2 ** 32)]!;
      }
      return begin + length;
    };
    const edges = () =>
      [0, 1, alphabet.length - 1].map(
        (place) => prefix + alphabets[casing][place]!.repeat(Math.min(length, edgeLength)),
      );
    return { isRandom: true, edges, write };
  };
  return { expected: `a length from 1 to ${maxLength}, or {"length", "casing", "prefix"}`, example, bind };
}

const letters = { lower, upper, mixed: lower + upper };
const lettersAndDigits = { lower: digits + lower, upper: digits + upper, mixed: digits + lower + upper };
const onlyDigits = { lower: digits, upper: digits, mixed: digits };
const hexDigits = { lower: `${digits}abcdef`, upper: `${digits}ABCDEF`, mixed: `${digits}abcdefABCDEF` };

/** Bytes of the block, each written as one of 256 texts, with something between them. */
function bytesOfBlock(
  count: number,
  texts: readonly Buffer[],
  separatorAfter: (place: number) => string,
): PartValue {
  const separators = Array.from({ length: count }, (_, place) =>
    Buffer.from(place < count - 1 ? separatorAfter(place) : '', 'latin1'),
  );
  const write: WritePart = (target, at, draw) => {
    let next = at;
    for (let place = 0; place < count; place += 1) {
      next = writeBytes(target, next, texts[draw.byte(place)]!);
      next = writeBytes(target, next, separators[place]!);
    }
    return next;
  };
  return { isRandom: true, write };
}

function writeUuid(target: Buffer, at: number, { uuids, uuidAt }: Draw): number {
  let byte = uuidAt;
  let next = at;
  for (const bytes of bytesBetweenDashes) {
    if (next > at) {
      target[next] = 0x2d;
      next += 1;
    }
    for (const end = byte + bytes; byte < end; byte += 1, next += 2) {
      const pair = hexCodes[uuids[byte]!]!;
      target[next] = pair >> 8;
      target[next + 1] = pair;
    }
  }
  return next;
}

/** The time of the event. Events that are made together have the same, so it is written once and copied. */
function time(timeFormat: TimeFormat): PartValue {
  let lastMs = Number.NaN;
  let text: Buffer = Buffer.alloc(0);
  const write: WritePart = (target, at, { timeMs }) => {
    if (timeMs !== lastMs) {
      lastMs = timeMs;
      text = Buffer.from(timeFormat.format(timeMs));
    }
    return writeBytes(target, at, text);
  };
  return { write, timeFormat };
}

function formattedTime(example: string, withoutFormat: TimeFormat): TemplateFunction {
  const bind = (args: readonly unknown[]) => {
    const [format] = args;
    if (args.length === 0) {
      return time(withoutFormat);
    }
    const fits = typeof format === 'string' && format !== '' && format.length <= maxFormatLength;
    return args.length === 1 && fits ? time(createTimeFormat(format)) : undefined;
  };
  const expected = `nothing, or a format with moment's tokens, of at most ${maxFormatLength} characters`;
  return { expected, example, bind };
}

function epoch(args: readonly unknown[]): PartValue | undefined {
  const [unit = 's'] = args;
  const format = unit === 's' ? epochSeconds : unit === 'ms' ? epochMilliseconds : undefined;
  return args.length <= 1 && format ? time(format) : undefined;
}

function sequence(args: readonly unknown[]): PartValue | undefined {
  const options = optionsOf(args, { start: isInteger, step: isInteger }, 'start');
  const { start = 0, step = 1 } = options ?? {};
  const valueAt = (index: number) => BigInt(start) + BigInt(index) * BigInt(step);
  const write: WritePart = (target, at, { index }) => {
    const [steps, value] = [index * step, start + index * step];
    return Number.isSafeInteger(steps) && Number.isSafeInteger(value)
      ? writeInteger(target, at, value)
      : writeText(target, at, `${valueAt(index)}`);
  };
  const nextToZero = Math.round(-start / (step || 1));
  const edges = [0, 1, Number.MAX_SAFE_INTEGER, nextToZero - 1, nextToZero, nextToZero + 1];
  return (
    options && { write, edges: () => edges.filter((index) => index >= 0).map((index) => `${valueAt(index)}`) }
  );
}

function wave(args: readonly unknown[]): PartValue | undefined {
  const isPositive = (value: unknown): value is number => isNumber(value) && value > 0;
  const checks = { period: isPositive, min: isNumber, max: isNumber, precision: isPositive };
  const options = optionsOf(args, checks, 'period');
  const { period = 100, min = 0, max = 100, precision = 0.01 } = options ?? {};
  const grid = gridOf(min, max, precision);
  if (options === undefined || grid === undefined) {
    return undefined;
  }
  const { count, firstUnits, stepUnits, decimals } = grid;
  const write: WritePart = (target, at, { index }) => {
    const height = (1 + Math.sin((2 * Math.PI * (index % period)) / period)) / 2;
    return writeDecimal(target, at, firstUnits + Math.round(height * (count - 1)) * stepUnits, decimals);
  };
  return { edges: () => edgesOf(grid), write };
}

function run(args: readonly unknown[], isJson: boolean): PartValue | undefined {
  const write: WritePart = (target, at, { runId }) =>
    writeText(target, at, isJson ? JSON.stringify(runId).slice(1, -1) : runId);
  // No id has more bytes, nor has it more in JSON.
  return args.length === 0 ? { edges: () => ['😀'.repeat(256)], write } : undefined;
}

const uuid = without('random.uuid', { isUuid: true, write: writeUuid });
const number = {
  expected: 'the largest number, or {"min", "max", "precision"} with a multiple of precision from min to max',
  example: 'random.number({"min":-10,"max":40,"precision":0.1})',
  bind: gridNumber({ max: 99_999, step: 1 }),
};
const floatNumber = {
  expected: 'the largest number, or {"min", "max", "fractionDigits" or "multipleOf"}',
  example: 'number.float({"min":-10,"max":40,"fractionDigits":1})',
  bind: float,
};
const element = {
  expected: 'a list with one element or more',
  example: 'random.arrayElement(["OK","FAIL"])',
  bind: arrayElement,
};
const weightedElement = {
  expected: '{"weights": numbers, "data": values}, as many of each, or a list of {"weight", "value"}',
  example: 'random.weightedArrayElement({"weights":[0.9,0.1],"data":["OK","FAIL"]})',
  bind: weightedArrayElement,
};
const booleanValue = {
  expected: 'nothing, or the probability of true, 0 to 1',
  example: 'datatype.boolean(0.9)',
  bind: boolean,
};
const hexadecimal = characters(
  'string.hexadecimal({"length":8,"casing":"lower","prefix":""})',
  hexDigits,
  'mixed',
  '0x',
);
const ipv4 = bytesOfBlock(4, decimalBytes, () => '.');

/** The functions that need no word lists, by their names: those of KDG, the same by faker's names of today, and ours. */
export const templateFunctions: Readonly<Record<string, TemplateFunction>> = {
  'random.uuid': uuid,
  'string.uuid': uuid,
  'datatype.uuid': uuid,
  'random.number': number,
  'datatype.number': number,
  'number.int': {
    expected: 'the largest number, or {"min", "max", "multipleOf"}',
    example: 'number.int({"min":1,"max":50})',
    bind: gridNumber({ max: Number.MAX_SAFE_INTEGER - 1, step: 1 }),
  },
  'number.float': floatNumber,
  'random.float': floatNumber,
  'random.number.float': floatNumber,
  'datatype.float': floatNumber,
  'random.boolean': booleanValue,
  'datatype.boolean': booleanValue,
  'random.arrayElement': element,
  'helpers.arrayElement': element,
  'helpers.randomize': element,
  'random.weightedArrayElement': weightedElement,
  'helpers.weightedArrayElement': weightedElement,
  'random.alphaNumeric': characters('random.alphaNumeric(10)', lettersAndDigits, 'lower'),
  'string.alphanumeric': characters('string.alphanumeric(10)', lettersAndDigits, 'mixed'),
  'random.alpha': characters('random.alpha(10)', letters, 'lower'),
  'string.alpha': characters('string.alpha(10)', letters, 'mixed'),
  'string.numeric': characters('string.numeric(10)', onlyDigits, 'mixed'),
  'random.hexaDecimal': hexadecimal,
  'datatype.hexadecimal': hexadecimal,
  'string.hexadecimal': hexadecimal,
  'internet.ip': without('internet.ip', ipv4),
  'internet.ipv4': without('internet.ipv4', ipv4),
  'internet.ipv6': without(
    'internet.ipv6',
    bytesOfBlock(16, hexPairs, (place) => (place % 2 === 1 ? ':' : '')),
  ),
  'internet.mac': without(
    'internet.mac',
    bytesOfBlock(6, hexPairs, () => ':'),
  ),
  'internet.port': without('internet.port', drawFrom(gridOf(0, 65_535, 1))!),
  'date.now': formattedTime('date.now("YYYY-MM-DD HH:mm:ss")', defaultFormat),
  'date.utc': formattedTime('date.utc("YYYY-MM-DD HH:mm:ss")', defaultUtcFormat),
  'current.timestamp': without('current.timestamp', time(defaultFormat)),
  'date.iso': without('date.iso', time(isoFormat)),
  'date.epoch': { expected: '"s" or "ms"', example: 'date.epoch("ms")', bind: epoch },
  index: without('index', {
    edges: () => ['0', '1', `${Number.MAX_SAFE_INTEGER}`],
    write: (target, at, { index }) => writeInteger(target, at, index),
  }),
  run: { expected: none, example: 'run', bind: run },
  sequence: {
    expected: 'nothing, or whole numbers {"start", "step"}',
    example: 'sequence({"start":1000,"step":10})',
    bind: sequence,
  },
  wave: {
    expected: 'the period in events, or {"period", "min", "max", "precision"}',
    example: 'wave({"period":1000,"min":10,"max":30})',
    bind: wave,
  },
};
