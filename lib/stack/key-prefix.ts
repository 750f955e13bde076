const expression = /!\{timestamp:([^}]*)\}/g;

/** The part of a prefix that an hour decides. */
const listable = /^(?:[\w/.=-]|!\{timestamp:(?:yyyy|MM|dd|HH|[/_.=-])+\})*/;

/** Firehose's syntax, without characters that have a meaning in policies. */
const wellFormed = /^(?:[\w/.=-]|!\{\w+:[\w/:.=-]+\})*$/;

/** Describes {@link isKeyPrefix} in messages. */
export const keyPrefixExpectation =
  "the stream's own prefix: letters, digits, / _ . = - and !{timestamp:…} of yyyy, MM, dd and HH; others only after the hour";

export const keyPrefixExample = "'raw/!{timestamp:yyyy/MM/dd/HH}/'";

/**
 * Whether the prover can list the objects of an hour under a prefix. It cannot if another expression, such as
 * `!{partitionKeyFromQuery:…}` or `!{firehose:random-string}`, comes before the hour.
 */
export function isKeyPrefix(text: string): boolean {
  const [start] = listable.exec(text)!;
  const isListable = start.length === text.length || /!\{[^}]*HH[^}]*\}/.test(start);
  return wellFormed.test(text) && isListable && text.length <= 1_024;
}

/**
 * The pattern of keys under a prefix, for policies: its beginning as far as it never changes, without the name of a
 * partition. If that is empty, `?` stands for each digit, so that no policy allows all keys of a bucket.
 */
export function keyPattern(prefix: string): string {
  const fixed = prefix.replace(/!\{.*$/s, '').replace(/\w+=$/, '');
  const times = listable.exec(prefix)![0];
  return fixed === ''
    ? `${times.replaceAll(expression, (_, format: string) => format.replaceAll(/[yMdH]/g, '?'))}*`
    : `${fixed}*`;
}
