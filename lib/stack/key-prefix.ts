/** What Firehose puts before the names of objects if nobody says otherwise: hours, in UTC. */
export const defaultKeyPrefix = '!{timestamp:yyyy/MM/dd/HH}/';

const expression = /!\{timestamp:([^}]*)\}/g;

/** As much of a prefix as an hour decides. */
const listable = /^(?:[\w/.=-]|!\{timestamp:(?:yyyy|MM|dd|HH|[/_.=-])+\})*/;

/** What Firehose takes, without characters that mean something in a policy. */
const wellFormed = /^(?:[\w/.=-]|!\{\w+:[\w/:.=-]+\})*$/;

/** What {@link isKeyPrefix} expects, for messages. */
export const keyPrefixExpectation =
  "the stream's own prefix: letters, digits, / _ . = - and !{timestamp:…} of yyyy, MM, dd and HH; others only after the hour";

/** Such a prefix, for messages. */
export const keyPrefixExample = "'raw/!{timestamp:yyyy/MM/dd/HH}/'";

/**
 * Whether the prover can list the objects of an hour under a prefix. It cannot if something else than the time, such as
 * `!{partitionKeyFromQuery:…}` or `!{firehose:random-string}`, comes before the hour.
 */
export function isKeyPrefix(text: string): boolean {
  const [start] = listable.exec(text)!;
  const isListable = start.length === text.length || /!\{[^}]*HH[^}]*\}/.test(start);
  return wellFormed.test(text) && isListable && text.length <= 1_024;
}

/** The prefix with what Firehose itself adds to one that has no expression. */
export function completeKeyPrefix(prefix: string): string {
  return prefix.includes('!{') ? prefix : prefix + defaultKeyPrefix;
}

/**
 * What keys under a prefix look like, as policies write it: as far as they are always the same, without the name of a
 * partition. If that is nothing, the places of the digits are named, so that no policy ever names all keys of a bucket.
 */
export function keyPattern(prefix: string): string {
  const fixed = prefix.replace(/!\{.*$/s, '').replace(/\w+=$/, '');
  const times = listable.exec(prefix)![0];
  return fixed === ''
    ? `${times.replaceAll(expression, (_, format: string) => format.replaceAll(/[yMdH]/g, '?'))}*`
    : `${fixed}*`;
}
