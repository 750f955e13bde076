import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compileObjectName,
  type ObjectNameSettings,
  PrefixError,
} from '../../../lib/emulator/firehose/object-name.ts';
import { makeSettings } from './factories.ts';

const Arrival = new Date('2018-08-07T03:04:05.067Z');
const Uuid = '046b6c7f-0b8a-43b9-b35d-6489e6daee91';
const Errors = 'errors/!{firehose:error-output-type}/';

function nameObject(overrides: Partial<ObjectNameSettings>, at = Arrival): string {
  return compileObjectName(makeSettings(overrides))(at, () => Uuid);
}

/** The key without the suffix. */
function evaluatePrefix(prefix: string, at = Arrival): string {
  const key = nameObject({ prefix, errorOutputPrefix: Errors }, at);
  return key.slice(0, key.lastIndexOf('my-stream-1-'));
}

describe('the key of an object', () => {
  it('is the prefix, the stream, its version, the arrival time in UTC, a UUID and the extension', () => {
    const key = nameObject({ prefix: 'raw/!{timestamp:yyyy}/', errorOutputPrefix: Errors });
    expect(key).toBe(`raw/2018/my-stream-1-2018-08-07-03-04-05-${Uuid}.gz`);
  });

  it.each([
    { compression: 'GZIP', fileExtension: undefined, extension: '.gz' },
    { compression: 'UNCOMPRESSED', fileExtension: undefined, extension: '' },
    { compression: 'ZIP', fileExtension: undefined, extension: '.zip' },
    { compression: 'Snappy', fileExtension: undefined, extension: '.snappy' },
    { compression: 'HADOOP_SNAPPY', fileExtension: undefined, extension: '.snappy' },
    { compression: 'GZIP', fileExtension: '.jsonl.gz', extension: '.jsonl.gz' },
    { compression: 'UNCOMPRESSED', fileExtension: '.gz', extension: '.gz' },
    { compression: 'GZIP', fileExtension: '', extension: '.gz' },
  ] as const)('ends in "$extension" for $compression and FileExtension $fileExtension', (example) => {
    // Act
    const key = nameObject({
      compression: example.compression,
      ...(example.fileExtension !== undefined && example),
    });

    // Assess
    expect(key.split(Uuid)[1]).toBe(example.extension);
  });
});

describe('a prefix', () => {
  it.each([
    ['', '2018/08/07/03/'],
    ['!{timestamp:yyyy/MM/dd}', '2018/08/07'],
    [
      'myFirehose/DeliveredYear=!{timestamp:yyyy}/anyMonth/rand=!{firehose:random-string}',
      'myFirehose/DeliveredYear=2018/anyMonth/rand=046b6c7f-0b',
    ],
    [
      "myPrefix/!{timestamp:'year='yyyy'/month='MM'/day='dd'/hour='HH}/",
      'myPrefix/year=2018/month=08/day=07/hour=03/',
    ],
    ['myFirehosePrefix/', 'myFirehosePrefix/2018/08/07/03/'],
    ['noSlash', 'noSlash2018/08/07/03/'],
    ['!{firehose:random-string}/', '046b6c7f-0b/2018/08/07/03/'],
    ['!{timestamp:y yy yyyyy M d H m s}', '2018 18 02018 8 7 3 4 5'],
    ['!{timestamp:HH:mm:ss.S SS SSS SSSSSS}', '03:04:05.0 06 067 067000'],
    ['!{timestamp:uuuu-DDD L K k hh a}', '2018-219 8 3 3 03 AM'],
    ["!{timestamp:HH''yy'it''s'}", "03'18it's"],
    ['a{b}$1 !x/', 'a{b}$1 !x/2018/08/07/03/'],
  ])('%j evaluates to %j', (prefix, expected) => {
    expect(evaluatePrefix(prefix)).toBe(expected);
  });

  it('shows the fields of any instant as they are in UTC', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (at) => {
          expect(evaluatePrefix("!{timestamp:yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}", at)).toBe(at.toISOString());
        },
      ),
    );
  });

  it.each([
    ['Asia/Calcutta', '2026-12-31T18:30:00.067Z', '2027/01/01/00:00:00.067', '2027-01-01-00-00-00'],
    ['Asia/Katmandu', '2026-03-05T18:14:59Z', '2026/03/05/23:59:59.000', '2026-03-05-23-59-59'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026/03/29/03:00:00.000', '2026-03-29-03-00-00'],
    ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026/10/25/02:30:00.000', '2026-10-25-02-30-00'],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', '2026/10/04/02:30:00.000', '2026-10-04-02-30-00'],
  ])('has the times of %s at %s, and so has the name', (customTimeZone, at, folder, name) => {
    const prefix = '!{timestamp:yyyy/MM/dd/HH:mm:ss.SSS}/';
    const key = nameObject({ prefix, errorOutputPrefix: Errors, customTimeZone }, new Date(at));
    expect(key).toBe(`${folder}/my-stream-1-${name}-${Uuid}.gz`);
  });

  it('has the values of partition keys', () => {
    const prefix = '!{partitionKeyFromQuery:a}/!{partitionKeyFromLambda:b}/!{timestamp:HH}/my-stream-1-';
    const key = nameObject({ prefix, errorOutputPrefix: Errors, partitionKeys: { a: 'x', b: 'y' } });
    expect(key).toMatch(/^x\/y\/03\/my-stream-1-/);
  });

  it('takes a new random string for each place that asks for one', () => {
    // Prepare
    let count = 0;
    const name = compileObjectName(
      makeSettings({
        prefix: '!{firehose:random-string}/!{firehose:random-string}/',
        errorOutputPrefix: Errors,
      }),
    );

    // Act
    const key = name(Arrival, () => `${count++}-uuid-number`);

    // Assess
    expect(key).toMatch(/^\d-uuid-numb\/\d-uuid-numb\/2018/);
    expect(new Set(key.match(/\d(?=-uuid)/g))).toEqual(new Set(['0', '1', '2']));
  });

  it('without expressions is kept as it is', () => {
    fc.assert(
      fc.property(
        fc
          .string({ maxLength: 400 })
          .filter((prefix) => !prefix.includes('!{') && !/(^|\/)\.\.?(\/|$)/.test(prefix)),
        (prefix) => {
          expect(nameObject({ prefix })).toBe(
            `${prefix}2018/08/07/03/my-stream-1-2018-08-07-03-04-05-${Uuid}.gz`,
          );
        },
      ),
    );
  });
});

describe('a prefix that cannot work', () => {
  it.each([
    ['!{timestamp:yyyy', '!{timestamp:yyyy'],
    ['!{}', '!{}'],
    ['!{timestamp:}', '!{timestamp:}'],
    ['!{partitionKeyFromQuery:customer}', '!{partitionKeyFromQuery:customer}'],
    ['!{partitionKeyFromLambda:customer}/!{timestamp:yyyy}/', '!{partitionKeyFromLambda:customer}'],
    ['!{firehose:random}', '!{firehose:random}'],
    ['!{firehose:error-output-type}/', '!{firehose:error-output-type}'],
    ['!{timestamp:YYYY/MM}', '"YYYY"'],
    ['!{timestamp:MMM}', '"MMM"'],
    ['!{timestamp:ddd}', '"ddd"'],
    ['!{timestamp:hhh}', '"hhh"'],
    ["!{timestamp:yyyy'year}", "!{timestamp:yyyy'year}"],
    ['!{timestamp:yyyy[MM]}', '"["'],
  ])('%j is refused with the expression, what is supported and an example', (prefix, named) => {
    // Act
    const compile = () => nameObject({ prefix, errorOutputPrefix: Errors });

    // Assess
    expect(compile).toThrow(PrefixError);
    expect(compile).toThrow(named);
    expect(compile).toThrow('the letters y u M L d D H k K h m s S');
    expect(compile).toThrow('for example events/year=!{timestamp:yyyy}/');
  });

  it.each([
    [{ prefix: '!{timestamp:yyyy}/' }, "can't be empty"],
    [{ errorOutputPrefix: 'e/!{timestamp:yyyy}/' }, 'must contain !{firehose:er'],
    [{ errorOutputPrefix: '!{x:y}' }, 'ErrorOutputPrefix contains !{x:y}'],
    [{ prefix: 'x'.repeat(500) }, 'evaluates to 514 characters, and AWS allows 512'],
    [{ prefix: 'a/../../b/' }, 'cannot be a directory'],
  ])('is refused in %j', (overrides, message) => {
    expect(() => nameObject(overrides)).toThrow(PrefixError);
    expect(() => nameObject(overrides)).toThrow(message);
  });

  it('never fails in another way', () => {
    const piece = fc.oneof(
      fc.constantFrom('!{', '}', 'timestamp:', 'firehose:', 'random-string', "'", 'yyyy', 'Q', '/', '.'),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (prefix) => {
          try {
            expect(nameObject({ prefix, errorOutputPrefix: Errors })).toContain(
              `my-stream-1-2018-08-07-03-04-05-${Uuid}`,
            );
          } catch (error) {
            expect(error).toBeInstanceOf(PrefixError);
          }
        },
      ),
    );
  });
});
