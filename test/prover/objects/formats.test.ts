import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GzipPlaces } from '../../../lambda/prover/objects/mixed-bytes.ts';
import { objectBytes } from '../../../lambda/prover/objects/object-bytes.ts';
import {
  type CompressionName,
  compressionNames,
  compressions,
} from '../../../lib/emulator/firehose/compressions.ts';
import { createLines, cutAt } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';
import { foreignObjects, foreignText } from './foreign-objects.ts';

const text = createLines().join('');

const objects = foreignObjects.map(([name, base64]) => ({ name, bytes: Buffer.from(base64, 'base64') }));
/** Those that Firehose itself writes. */
const written = objects.filter(({ name }) => /^(ZIP with its sizes last|Snappy|Hadoop Snappy)$/.test(name));
const byName = (part: string) => objects.find(({ name }) => name.startsWith(part))!.bytes;

async function read(
  bytes: Buffer,
  { cuts = [] as readonly number[], places = 'line starts' as GzipPlaces } = {},
) {
  const pieces = cutAt(bytes, cuts).filter(({ length }) => length > 0);
  let found = '';
  try {
    for await (const chunk of objectBytes(async () => Readable.from(pieces), bytes.length, places)) {
      found += chunk.toString('latin1');
    }
    return { text: found };
  } catch (error) {
    return { text: found, error: (error as Error).message };
  }
}

async function compress(name: CompressionName, content: Buffer): Promise<Buffer> {
  return Buffer.concat(await Readable.from([content]).pipe(compressions[name].create()).toArray());
}

function changed(bytes: Buffer, at: number, to: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = to;
  return copy;
}

const allBytes = (bytes: Buffer) => [...bytes.keys()];

describe('an object in a format of Firehose', () => {
  it.each(objects)('is its text: $name', async ({ bytes }) => {
    expect(await read(bytes)).toEqual({ text: foreignText });
  });

  it('is the same in any pieces', async () => {
    const pieces = fc.tuple(fc.constantFrom(...objects), fc.array(fc.nat(), { maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(pieces, async ([{ bytes }, cuts]) => {
        expect(await read(bytes, { cuts })).toEqual({ text: foreignText });
      }),
    );
    for (const { bytes } of objects) {
      expect(await read(bytes, { cuts: allBytes(bytes) })).toEqual({ text: foreignText });
    }
  });

  it.each(written)('is never whole where it is cut: $name', async ({ bytes }) => {
    for (const length of allBytes(bytes)) {
      const found = await read(bytes.subarray(0, length));
      const isTooShort = found.error === undefined && found.text === bytes.toString('latin1', 0, length);
      // Blocks have no end mark: a cut between two is no damage.
      const isBetween =
        found.error === undefined && foreignText.startsWith(found.text) && found.text.length % 100 === 0;
      expect([length, found.error !== undefined || isTooShort || isBetween]).toEqual([length, true]);
      expect(isTooShort && length > 15).toBe(false);
    }
  });

  it.each(written)('is its text, or damaged, if a byte is changed: $name', async ({ name, bytes }) => {
    for (const at of allBytes(bytes)) {
      for (const to of [0xff, bytes[at]! ^ 1]) {
        const found = await read(changed(bytes, at, to));
        const isUnknown = at < 13 && found.text === changed(bytes, at, to).toString('latin1');
        // Snappy has no checksum: then lines are compared.
        const isText = name.startsWith('ZIP')
          ? found.text === foreignText
          : found.text.length === foreignText.length;
        expect([at, to, found.error !== undefined || isUnknown || isText]).toEqual([at, to, true]);
      }
    }
  });

  it.each([
    [
      'two entries',
      Buffer.concat([byName('ZIP'), byName('ZIP')]),
      'ZIP: expected one entry, and the end of the archive',
    ],
    ['a stored entry', changed(byName('ZIP'), 8, 0), 'ZIP: expected a deflated entry, got method 0'],
    [
      'an encrypted entry',
      changed(byName('ZIP'), 6, 1),
      'ZIP: expected a deflated entry, got an encrypted one',
    ],
    [
      'a block of 4 GB',
      changed(byName('Snappy'), 16, 0xff),
      'Snappy: expected a block of 1 to 1048576 bytes',
    ],
    [
      'a content of 4 GB',
      Buffer.concat([byName('Snappy').subarray(0, 16), Buffer.from('00000006ffffffff0f00', 'hex')]),
      'Snappy: expected a block of 1 to 1048576 bytes',
    ],
    [
      'a part that is larger than its block',
      Buffer.concat([
        byName('Hadoop'),
        Buffer.from('0000000100000004', 'hex'),
        Buffer.from('0204aabb', 'hex'),
      ]),
      'Snappy: expected a block of 1 to 1 bytes',
    ],
    [
      'a length without an end',
      Buffer.concat([byName('Snappy').subarray(0, 16), Buffer.from('00000006ffffffffffff', 'hex')]),
      'Snappy: expected a block of 1 to 1048576 bytes',
    ],
  ])('is refused with %s', async (_, bytes, error) => {
    expect((await read(bytes)).error).toBe(error);
  });

  it('is read to its end if blocks have several parts, and empty blocks follow', async () => {
    const part = Buffer.from('0000000402046162', 'hex');
    const bytes = Buffer.concat([Buffer.from('00000004', 'hex'), part, part, Buffer.alloc(8)]);
    expect(await read(bytes)).toEqual({ text: 'abab' });
  });
});

describe('what the embedded Firehose compresses', () => {
  const names = compressionNames.filter((name) => name !== 'UNCOMPRESSED');
  const contents: readonly (readonly [string, Buffer, string])[] = [
    ['lines', Buffer.from(text), text],
    ['gzip of the producer', gzipSync(text), text],
    ['lines, and gzip of the producer', Buffer.concat([Buffer.from(text), gzipSync(text)]), text + text],
  ];
  it.each(names.flatMap((name) => contents.map((content) => [name, ...content] as const)))(
    'is read: %s of %s',
    async (name, _, content, expected) => {
      expect(await read(await compress(name, content))).toEqual({ text: expected });
    },
  );

  it('is read if it has many blocks, and any length', async () => {
    const size = fc.integer({ min: 1, max: 200_000 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), size, async (name, length) => {
        const content = Buffer.from(randomBytes(length).toString('hex'));
        expect(await read(await compress(name, content))).toEqual({ text: content.toString('latin1') });
      }),
      { numRuns: runs(30) },
    );
  });
});

describe('an object in another format', () => {
  it.each([
    ['Parquet', 'PAR1\x15\x04\x15\x10'],
    ['Parquet', 'PARE\x15\x04\x15\x10'],
    ['ORC', 'ORC\x0a\x06\x12\x04\x08'],
    ['Avro', 'Obj\x01\x04\x16avro.schema'],
    ['Zstandard', '\x28\xb5\x2f\xfd\x04\x00'],
    ['bzip2', 'BZh91AY&SY\xd9\xb0'],
    ['xz', '\xfd7zXZ\0\0\x04'],
    ['LZ4', '\x04\x22\x4d\x18\x64\x40'],
    ['Snappy (framing format)', '\xff\x06\0\0sNaPpY\x01'],
  ])('is named, and its bytes are text: %s', async (name, start) => {
    for (const rest of ['', text, `\x1f\x8b\x08${text}`]) {
      const found = await read(Buffer.from(`${start}${rest}`, 'latin1'), { cuts: [2] });
      expect(found.error).toBe(`${name}: expected plain lines, gzip, ZIP or Snappy`);
    }
  });

  it("may be a neighbour's first record: events after it are found", async () => {
    const bytes = Buffer.concat([
      Buffer.from('Obj\x01 a record', 'latin1'),
      gzipSync(text),
      Buffer.from(text),
    ]);
    expect(await read(bytes, { places: 'anywhere' })).toEqual({
      text: `Obj\x01 a record${text}${text}`,
      error: 'Avro: expected plain lines, gzip, ZIP or Snappy',
    });
  });

  it.each([
    'ORCHID;2026;11;22\n',
    'PAR1;2026;11;22;10\n',
    'PAR1',
    'PK;1',
    'BZh9 is a word\n',
    'Objective\n',
    '\0\0\0\x05\0\0\0\x05hello',
  ])('is none if it is text: %j', async (plain) => {
    expect(await read(Buffer.from(plain + text, 'latin1'))).toEqual({ text: plain + text });
  });
});
