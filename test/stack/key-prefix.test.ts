import { describe, expect, it } from 'vitest';
import { completeKeyPrefix } from '../../lambda/contract/key-prefix.ts';
import { createKeyPrefixes } from '../../lambda/prover/objects/key-prefix.ts';
import { hasDay, keyPattern, keyPrefixProblem } from '../../lib/stack/key-prefix.ts';
import { canary, documentedPrefixes } from './documented-prefixes.ts';

/** 10:30 UTC on Aug 27, 2018, as in AWS's tables. */
const atMs = Date.parse('2018-08-27T10:30:00Z');

describe('a prefix of AWS’s documentation', () => {
  it.each(documentedPrefixes)('%j is listed', (prefix, start) => {
    const partition = prefix.includes('customer_id') ? canary : {};
    expect(keyPrefixProblem(prefix, partition)).toBeUndefined();
    expect(createKeyPrefixes({ prefix, partition })(atMs)).toEqual([start]);
  });

  it.each([
    [
      'myPrefix/!{firehose:random-string}/',
      {},
      'prefix is "myPrefix/!{firehose:random-string}/": !{firehose:random-string} comes before the hour, so that each check ' +
        "would read all objects: expected numbers of the year, month, day and hour first, for example 'raw/!{timestamp:yyyy/MM/dd/HH}/'",
    ],
    [
      'myPrefix/result=!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}',
      {},
      /: !\{firehose:error-output-type\} is not an expression of Firehose: expected !\{timestamp:…\}, /,
    ],
    [
      'customer_id=!{partitionKeyFromQuery:customer_id}/device=!{partitionKeyFromQuery:device}/year=!{partitionKeyFromQuery:year}/',
      canary,
      /: !\{partitionKeyFromQuery:device\} comes before the hour: .* by the setting partition, for example device=canary$/,
    ],
    [
      '!{partitionKeyFromLambda:customer_id}/',
      canary,
      /: it has no time, so that each check would read all objects: expected !\{timestamp:…\}, for example /,
    ],
  ])('%j is refused', (prefix, partition, problem) => {
    expect(keyPrefixProblem(prefix, partition)).toEqual(
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    );
  });
});

describe('a prefix of keys', () => {
  it.each([
    'raw/!{timestamp:yyyy/MM/dd/HH/mm}/',
    '!{timestamp:yyyy}/!{timestamp:MM-dd}.!{timestamp:HH}_',
    'a/year=!{timestamp:yyyy}/',
    '!{timestamp:yyyy/MM/dd/HH}/!{partitionKeyFromQuery:customer}/',
    '!{timestamp:yyyy/MM/dd}/!{partitionKeyFromQuery:customer}/',
    '!{timestamp:yyyy/MM/dd/HH}/!{timestamp:mm}/!{firehose:random-string}/',
    'a b*?$\\"ü!/',
  ])('%j can be listed', (prefix) => {
    expect(keyPrefixProblem(prefix)).toBeUndefined();
  });

  it.each([
    ['raw/!{partitionKeyFromQuery:customer}/', '!{partitionKeyFromQuery:customer} comes before the hour'],
    [
      '!{timestamp:yyyy}/!{partitionKeyFromLambda:customer}/!{timestamp:HH}/',
      '!{partitionKeyFromLambda:customer} comes before the hour',
    ],
    ['!{timestamp:mm}/', 'mm of !{timestamp:mm} comes before the hour'],
    ["!{timestamp:'day'}/", 'it has no time'],
    ['!{timestamp:yyyy', '!{timestamp:yyyy is not an expression'],
    ['!{timestamp:}', '!{timestamp:} is not an expression'],
    ['!{date:yyyy}', '!{date:yyyy} is not an expression'],
    // What somebody may take for an expression.
    [`\${timestamp:yyyy}/`, '{timestamp:yyyy} is not an expression'],
    ['x'.repeat(1_025), 'expected at most 1024 characters'],
  ])('%j cannot: %s', (prefix, problem) => {
    expect(keyPrefixProblem(prefix)).toContain(problem);
  });

  it('has every partition key that is set', () => {
    expect(
      keyPrefixProblem('!{partitionKeyFromQuery:customer}/!{timestamp:HH}', { costumer: 'canary' }),
    ).toContain('!{partitionKeyFromQuery:customer} comes before the hour');
    expect(keyPrefixProblem('raw/', { customer: 'canary' })).toBe(
      'partition is "customer=canary": expected partition keys of the prefix "raw/", which has no ' +
        '!{partitionKeyFromQuery:customer}',
    );
  });

  it.each([
    ['raw/', true],
    ['!{timestamp:yyyy-DDD}/', true],
    ['!{timestamp:MM/yyyy/d}/', true],
    ['!{timestamp:yyyy/MM}/', false],
    ['!{timestamp:MM/dd/HH}/', false],
    ['!{timestamp:yyyy}/!{firehose:random-string}/!{timestamp:MM/dd}', false],
  ])('%j has a day: %s', (prefix, expected) => {
    expect(hasDay(prefix)).toBe(expected);
  });

  it.each([
    ['raw/!{timestamp:yyyy/MM/dd/HH}/', 'raw/*'],
    ['events/year=!{timestamp:yyyy}/month=!{timestamp:MM}/', 'events/*'],
    ['raw!{timestamp:yyyy}/', 'raw*'],
    ['!{timestamp:yyyy/MM/dd/HH}/', '????/??/??/??/*'],
    ['!{timestamp:yyyy/MM/dd/HH}/!{partitionKeyFromQuery:customer}/', '????/??/??/??/*'],
    ['year=!{timestamp:yyyy}/h=!{timestamp:HH}/', 'year=????/h=??/*'],
    ["!{timestamp:'year='yyyy}/", 'year=????/*'],
    ['!{timestamp:yyyy/M/DDD}', '????/?*/???*'],
    ['!{timestamp:yy/DD}', '??/?**'],
    ['c=!{partitionKeyFromQuery:customer_id}/!{timestamp:yyyy}/', 'c=canary/*'],
    ['!{partitionKeyFromQuery:customer_id}!{timestamp:yyyy}/', 'canary*'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's escapes
    ['a*b?c$d/', 'a${*}b${?}c${$}d/*'],
  ])('%j is %j in a policy', (prefix, pattern) => {
    expect(keyPattern(prefix, canary)).toBe(pattern);
  });

  it('gets hours from Firehose if it has no expression', () => {
    expect(completeKeyPrefix('raw/')).toBe('raw/!{timestamp:yyyy/MM/dd/HH}/');
    expect(completeKeyPrefix('raw/!{timestamp:yyyy}/')).toBe('raw/!{timestamp:yyyy}/');
  });
});
