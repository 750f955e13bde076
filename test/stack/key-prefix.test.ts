import { describe, expect, it } from 'vitest';
import { completeKeyPrefix } from '../../lambda/contract/firehose-limits.ts';
import { isKeyPrefix, keyPattern } from '../../lib/stack/key-prefix.ts';

describe('a prefix of keys', () => {
  it.each([
    '',
    'raw/',
    'raw/!{timestamp:yyyy/MM/dd/HH}/',
    '!{timestamp:yyyy}/!{timestamp:MM-dd}.!{timestamp:HH}_',
    'a/year=!{timestamp:yyyy}/',
    '!{timestamp:yyyy/MM/dd/HH}/!{partitionKeyFromQuery:customer}/',
    '!{timestamp:yyyy/MM/dd/HH}/!{timestamp:mm}/!{firehose:random-string}/',
  ])('%j can be listed by the hour', (prefix) => {
    expect(isKeyPrefix(prefix)).toBe(true);
  });

  it.each([
    'raw/!{partitionKeyFromQuery:customer}/',
    '!{firehose:random-string}/',
    '!{timestamp:mm}/',
    '!{timestamp:yyyy}/!{partitionKeyFromQuery:customer}/!{timestamp:HH}/',
    '!{timestamp:yyyy',
    'raw/*',
    'raw/?/',
    'a b/',
    // What somebody may take for an expression.
    `\${timestamp:yyyy}/`,
    'x'.repeat(1_025),
  ])('%j cannot', (prefix) => {
    expect(isKeyPrefix(prefix)).toBe(false);
  });

  it.each([
    ['raw/!{timestamp:yyyy/MM/dd/HH}/', 'raw/*'],
    ['events/year=!{timestamp:yyyy}/month=!{timestamp:MM}/', 'events/*'],
    ['raw!{timestamp:yyyy}/', 'raw*'],
    ['!{timestamp:yyyy/MM/dd/HH}/', '????/??/??/??/*'],
    ['!{timestamp:yyyy/MM/dd/HH}/!{partitionKeyFromQuery:customer}/', '????/??/??/??/*'],
    ['year=!{timestamp:yyyy}/h=!{timestamp:HH}/', 'year=????/h=??/*'],
  ])('%j is %j in a policy', (prefix, pattern) => {
    expect(keyPattern(prefix)).toBe(pattern);
  });

  it('gets hours from Firehose if it has no expression', () => {
    expect(completeKeyPrefix('raw/')).toBe('raw/!{timestamp:yyyy/MM/dd/HH}/');
    expect(completeKeyPrefix('raw/!{timestamp:yyyy}/')).toBe('raw/!{timestamp:yyyy}/');
  });
});
