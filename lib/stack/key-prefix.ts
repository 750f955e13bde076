import { keyStart, type Partition, partitionText, type TimeField } from '../../lambda/contract/key-prefix.ts';

const expression =
  /^!\{(?:timestamp:[^}]+|firehose:random-string|partitionKeyFrom(?:Query|Lambda):(?<key>[^}]+))\}$/;

const expressions =
  '!{timestamp:…}, !{firehose:random-string}, !{partitionKeyFromQuery:…} or !{partitionKeyFromLambda:…}';

const example = "for example 'raw/!{timestamp:yyyy/MM/dd/HH}/'";

/** Letters of the hour. */
const hours = ['H', 'k', 'K', 'h'];

/** Firehose's limit, in characters. */
const maxPrefixLength = 1_024;

/**
 * Why the prover cannot list the objects of an hour under a prefix; `undefined` if it can.
 *
 * @param partition The values that partition keys have.
 */
export function keyPrefixProblem(prefix: string, partition: Partition = {}): string | undefined {
  const problem = prefixProblem(prefix, partition);
  if (problem !== undefined) {
    return `prefix is "${prefix}": ${problem}`;
  }
  const keys = expressionsOf(prefix).map((text) => expression.exec(text)!.groups!.key);
  const unknown = Object.keys(partition).find((key) => !keys.includes(key));
  return unknown === undefined
    ? undefined
    : `partition is "${partitionText(partition)}": expected partition keys of the prefix "${prefix}", which has no ` +
        `!{partitionKeyFromQuery:${unknown}}`;
}

const expressionsOf = (prefix: string): string[] => prefix.match(/!\{[^}]*\}?/g) ?? [];

function prefixProblem(prefix: string, partition: Partition): string | undefined {
  if (prefix.length > maxPrefixLength) {
    return `expected at most ${maxPrefixLength} characters, ${example}`;
  }
  const invalid =
    expressionsOf(prefix).find((text) => !expression.test(text)) ??
    /(?<!!)\{(?:timestamp|firehose|partitionKeyFrom\w+):[^}]*\}?/.exec(prefix)?.[0];
  if (invalid !== undefined) {
    return `${invalid} is not an expression of Firehose: expected ${expressions}, ${example}`;
  }
  const { parts, stop } = keyStart(prefix, partition);
  const letters = parts.filter(isField).map(({ letter }) => letter);
  const key = stop && expression.exec(stop)?.groups?.key;
  const isBeforeTime = key && prefix.slice(prefix.indexOf(stop)).includes('!{timestamp:');
  if (key && (letters.length === 0 || (isBeforeTime && !letters.some((letter) => hours.includes(letter))))) {
    return (
      `${stop} comes before the hour: expected the value that it has for the events, by the setting partition, for ` +
      `example ${key}=canary`
    );
  }
  if (letters.length > 0) {
    return undefined;
  }
  return stop === undefined
    ? `it has no time, so that each check would read all objects: expected !{timestamp:…}, ${example}`
    : `${stop} comes before the hour, so that each check would read all objects: expected numbers of the year, month, ` +
        `day and hour first, ${example}`;
}

function isField(part: string | TimeField): part is TimeField {
  return typeof part !== 'string';
}

/** Whether a day can be read from the listed start of the keys. Without it, each check lists objects of many days. */
export function hasDay(prefix: string, partition?: Partition): boolean {
  const letters = keyStart(prefix, partition)
    .parts.filter(isField)
    .map(({ letter }) => letter)
    .join('');
  return /[yuY]/.test(letters) && (letters.includes('D') || (/[ML]/.test(letters) && letters.includes('d')));
}

/**
 * The pattern of keys under a prefix, for policies: its beginning as far as it never changes, without the name of a
 * partition. If that is empty, `?` stands for each digit, so that no policy allows all keys of a bucket.
 */
export function keyPattern(prefix: string, partition?: Partition): string {
  const { parts } = keyStart(prefix, partition);
  const firstField = parts.findIndex(isField);
  const fixed = (firstField < 0 ? parts : parts.slice(0, firstField)).join('').replace(/\w+=$/, '');
  return `${fixed === '' ? parts.map(partPattern).join('') : escaped(fixed)}*`;
}

function partPattern(part: string | TimeField): string {
  if (!isField(part)) {
    return escaped(part);
  }
  const { letter, length } = part;
  const isFixed = letter === 'D' ? length === 3 : length === 2 || length === 4;
  return isFixed ? '?'.repeat(length) : '?*';
}

/** Text without the meaning that a policy gives to its characters. */
function escaped(text: string): string {
  return text.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
}
