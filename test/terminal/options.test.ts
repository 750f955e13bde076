import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { type SettingName, settings } from '../../lambda/contract/deployment-settings.ts';
import { UsageError } from '../../lib/terminal/command.ts';
import { checkDirectory, settingOption, wholeNumberArgument } from '../../lib/terminal/options.ts';

describe('a count of events', () => {
  const parse = wholeNumberArgument(settings.count);

  it('may be as large as any deployment allows', () => {
    expect(parse('1000000000000')).toBe(1_000_000_000_000);
  });

  it.each(['0', '1e3', '1000000000001', '', '-1', '1.5'])('is not %j', (text) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError);
  });
});

describe('a whole number that is written otherwise', () => {
  it.each([
    ['1e6', 1_000_000],
    ['1_000_000', 1_000_000],
    ['1,000,000', 1_000_000],
    ["1'000", 1_000],
    ['1e3', 1_000],
    ['1e13', 5_000],
    ['1.5', 5_000],
    ['many', 5_000],
    ['', 5_000],
  ])('is refused with its digits: %j', (text, example) => {
    expect(() => wholeNumberArgument(settings.count)(text)).toThrow(
      `Expected a whole number from 1 to 1000000000000, for example ${example}.`,
    );
  });
});

describe('the option of a setting', () => {
  it('is named, described and bounded as the setting is', () => {
    // Act
    const option = settingOption('maxRequestBytes');

    // Assess
    expect(option.flags).toBe('--max-request-bytes <bytes>');
    expect(option.description).toBe(
      'largest request, as base64 inside JSON, 65536 to 4000000 (default: 4000000)',
    );
    expect(() => option.parseArg?.('5', undefined)).toThrow('a whole number from 65536 to 4000000 (bytes)');
  });

  it('may be described as the command sees it', () => {
    expect(settingOption('count', 'events to send').description).toBe(
      'events to send, 1 to 1000000000000 (default: 100)',
    );
  });

  it.each(Object.keys(settings) as SettingName[])('is there for %s', (name) => {
    // Prepare
    const { min, max, example } = settings[name];

    // Act
    const option = settingOption(name);

    // Assess
    expect(option.attributeName()).toBe(name);
    expect([min, max, example].map((value) => option.parseArg?.(String(value), undefined))).toEqual([
      min,
      max,
      example,
    ]);
    expect(() => option.parseArg?.(String(min - 1), undefined)).toThrow(InvalidArgumentError);
    expect(() => option.parseArg?.(String(max + 1), undefined)).toThrow(InvalidArgumentError);
  });
});

describe('a directory to write to', () => {
  it('is made if it is not there', () => {
    const directory = join(mkdtempSync(join(tmpdir(), 'directory-')), 'a', 'b');
    checkDirectory('--output', directory);
    expect(statSync(directory).isDirectory()).toBe(true);
  });

  it('is refused at once if it is a file, even one that may be executed', () => {
    // Prepare
    const file = join(mkdtempSync(join(tmpdir(), 'directory-')), 'program');
    writeFileSync(file, '', { mode: 0o755 });

    // Act and assess
    expect(() => checkDirectory('--output', file)).toThrow(UsageError);
  });

  it.each(['/proc/x', '/proc/x/y', '/dev/null', '/dev/null/x'])(
    'is refused at once if it is %s',
    (directory) => {
      expect(() => checkDirectory('--output', directory)).toThrow(UsageError);
      expect(() => checkDirectory('--output', directory)).toThrow(
        `--output is ${directory}: expected a writable directory, for example .local (`,
      );
    },
  );
});
