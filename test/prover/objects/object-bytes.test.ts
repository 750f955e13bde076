import { Readable } from 'node:stream';
import { crc32, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptObjectError } from '../../../lambda/prover/objects/byte-reader.ts';
import type { GzipPlaces } from '../../../lambda/prover/objects/mixed-bytes.ts';
import { objectBytes } from '../../../lambda/prover/objects/object-bytes.ts';
import { createGzip, createLines, createRun, cutAt } from '../../proof/factories.ts';
import { runs } from '../../property-runs.ts';

/** Reads an object that arrives in these pieces. */
const read = (...pieces: Buffer[]) => readFrom(() => Readable.from(pieces), Buffer.concat(pieces).length);

async function readFrom(
  open: () => Readable,
  storedBytes: number,
  places: GzipPlaces = 'line starts',
): Promise<{ text: string; error?: unknown }> {
  let text = '';
  try {
    for await (const chunk of objectBytes(async () => open(), storedBytes, places)) {
      text += chunk.toString('latin1');
    }
    return { text };
  } catch (error) {
    return { text, error };
  }
}

const lines = createLines();
const text = lines.join('');

/** A part of an object: plain lines, or a gzip member of parts. */
type Segment = string | readonly Segment[];

const someLines = fc.integer({ min: 1, max: 30 }).map((count) => lines.slice(0, count).join(''));
const { segment } = fc.letrec<{ segment: Segment; member: readonly Segment[] }>((tie) => ({
  segment: fc.oneof({ maxDepth: 3 }, someLines, tie('member')),
  member: fc.array(tie('segment'), { maxLength: 4 }),
}));
const segments = fc.array(segment, { minLength: 1, maxLength: 8 });

function bytesOf(segments: readonly Segment[]): Buffer {
  return Buffer.concat(
    segments.map((each) => (typeof each === 'string' ? Buffer.from(each) : gzipSync(bytesOf(each)))),
  );
}

function textOf(segments: readonly Segment[]): string {
  return segments.map((each) => (typeof each === 'string' ? each : textOf(each))).join('');
}

const cutInto = (bytes: Buffer, cuts: readonly number[]) =>
  cutAt(bytes, cuts).filter(({ length }) => length > 0);

describe('the bytes of an object', () => {
  it.each([
    ['plain', [Buffer.from(text)]],
    ['gzip', [createGzip(lines)]],
    ['gzip of two members', [Buffer.concat([createGzip(lines.slice(0, 10)), createGzip(lines.slice(10))])]],
    ['gzip of two members in two pieces', [createGzip(lines.slice(0, 10)), createGzip(lines.slice(10))]],
    ['gzip in pieces of a byte', [...createGzip(lines)].map((byte) => Buffer.from([byte]))],
  ])('are the written bytes: %s', async (_, pieces) => {
    expect(await read(...pieces)).toEqual({ text });
  });

  it('are the same in any sequence of plain lines, gzip members and gzip within gzip', async () => {
    await fc.assert(
      fc.asyncProperty(segments, fc.array(fc.nat(), { maxLength: 6 }), async (object, cuts) => {
        expect(await read(...cutInto(bytesOf(object), cuts))).toEqual({ text: textOf(object) });
      }),
    );
  });

  it.each([
    ['plain lines, then gzip', [text, [text]]],
    ['gzip, then plain lines', [[text], text]],
    ['gzip within gzip', [[[text], [text]]]],
    ['plain lines between gzip, within gzip', [[[text], text, [text], text], [text]]],
    ['a member without content before plain lines', [[], text]],
  ])('are the sent bytes although stream and function disagreed on compression: %s', async (_, object) => {
    expect(await read(bytesOf(object))).toEqual({ text: textOf(object) });
  });

  it('include a line that continues in the next member', async () => {
    const members = [text.slice(0, 100), text.slice(100)].map((part) => gzipSync(part));
    const object = await read(Buffer.concat([Buffer.from(text), ...members, Buffer.from(text)]));
    expect(object).toEqual({ text: text + text + text });
  });

  it('are found after every optional field of a member header', async () => {
    // Prepare
    const plain = gzipSync(text);
    const withFields = Buffer.concat([
      Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3]),
      Buffer.from('\x03\0abcname\0comment\0', 'latin1'),
    ]);
    const checksum = Buffer.alloc(2);
    checksum.writeUInt16LE(crc32(withFields) & 0xffff);

    // Act
    const object = await read(Buffer.from(text), withFields, checksum, plain.subarray(10));

    // Assess
    expect(object).toEqual({ text: text + text });
  });

  it('are readable up to the damage when gzip in a mixed object is cut off, at any place', async () => {
    const mixed = bytesOf([text, [text, [text]], text, [text]]);
    const plainEnds = [text.length, text.length + gzipSync(bytesOf([text, [text]])).length];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: mixed.length - 1 }), async (length) => {
        const { text: start, error } = await read(mixed.subarray(0, length));

        expect(text.repeat(5).startsWith(start.replace('\x1f', ''))).toBe(true);
        // Plain lines have no end of their own, but an event that is cut off is a corrupt line.
        const [first = 0, second = 0] = plainEnds;
        const isPlain = length <= first + 1 || (length >= second && length <= second + text.length + 1);
        expect(error === undefined).toBe(isPlain);
      }),
      { numRuns: runs(300) },
    );
  });

  it('are never complete when a bit of a member is flipped', async () => {
    const plain = Buffer.from(text);
    const object = [gzipSync(plain), plain, gzipSync(Buffer.concat([gzipSync(plain), plain])), plain];
    const bytes = Buffer.concat(object);
    const starts = [0, object[0]!.length + plain.length];
    // The kind of text, time, hints and operating system, and the bits that fill up the last byte before the checksum: they do
    // not change the text, and no checksum covers them.
    const meaningless = starts.flatMap((start, order) => [
      ...[3, 4, 5, 6, 7, 8, 9].map((field) => start + field),
      start + object[order * 2]!.length - 9,
    ]);
    const members = fc
      .constantFrom(0, 1)
      .chain((order) =>
        fc.integer({ min: starts[order]!, max: starts[order]! + object[order * 2]!.length - 1 }),
      );
    await fc.assert(
      fc.asyncProperty(members, fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 1 << bit;

        const { text: found, error } = await read(damaged);

        if (error === undefined && found === text.repeat(5)) {
          expect(meaningless).toContainEqual(at);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('are readable up to the byte where gzip within gzip is damaged', async () => {
    // Prepare
    const many = createLines(createRun({ to: 5_000 })).join('');
    const inner = gzipSync(many, { level: 0 });
    const [headerBytes, blockHeaderBytes] = [10, 5];
    const blockBytes = inner.readUInt16LE(headerBytes + 1);
    inner[headerBytes + blockHeaderBytes + blockBytes + 1]! ^= 1;

    // Act
    const { text: start, error } = await read(Buffer.from(text), gzipSync(inner));

    // Assess
    expect(start).toBe(text + many.slice(0, blockBytes));
    expect(error).toBeInstanceOf(CorruptObjectError);
    expect(error).toMatchObject({ message: 'gzip: invalid stored block lengths' });
  });

  it.each([
    ['zeros', '\0\0\0'],
    ['a byte of the next member', '\x1f'],
    ['bytes that continue no character', '\x9f\x8b'],
    ['a damaged member', '\x1f\x8a\x08'],
  ])('are complete before the error that %s follow a member in a mixed object', async (_, rest) => {
    // Act
    const { text: start, error } = await read(bytesOf([text, [text]]), Buffer.from(rest, 'latin1'));

    // Assess
    expect(start).toBe(text + text);
    expect(error).toMatchObject({
      name: 'CorruptObjectError',
      message: 'gzip: bytes after the end of the data',
    });
  });

  it.each(['garbage\n', '2026-11-30\n', 'é\n', '\t1\n', '\x01a\n', '\x1fa\n', '\n\n'])(
    'include any text after a member, such as %j: events need not begin with a brace',
    async (rest) => {
      const { text: found, error } = await read(bytesOf([text, [text]]), Buffer.from(rest));

      expect([Buffer.from(found, 'latin1').toString(), error]).toEqual([text + text + rest, undefined]);
    },
  );

  it('are the same in a shared bucket wherever a member begins, cut at any place', async () => {
    const noise = fc.string({
      unit: fc.constantFrom(...'{"a":1}x\n', '\x1f', '\x1f\x8b\x07', '\x8b', '\0'),
      maxLength: 40,
    });
    const part = fc.oneof(
      noise.map((text) => ({ text, bytes: Buffer.from(text, 'latin1') })),
      fc.nat(5).map((count) => {
        const member = lines.slice(0, count).join('');
        return { text: member, bytes: gzipSync(member) };
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part), fc.array(fc.nat(), { maxLength: 6 }), async (parts, cuts) => {
        // Prepare
        const object = Buffer.concat([Buffer.from('a'), ...parts.map(({ bytes }) => bytes)]);

        // Act
        const pieces = cutInto(object, cuts);
        const found = await readFrom(() => Readable.from(pieces), object.length, 'anywhere');

        // Assess
        expect(found).toEqual({ text: `a${parts.map(({ text }) => text).join('')}` });
      }),
      { numRuns: runs(300) },
    );
  });

  it('end at too many layers of gzip within gzip', async () => {
    // Prepare
    let nested = Buffer.from(text);
    for (let layer = 0; layer < 4; layer += 1) {
      nested = gzipSync(nested);
    }

    // Act
    const { error } = await read(nested);

    // Assess
    expect(error).toMatchObject({ name: 'CorruptObjectError', message: 'gzip: more than 3 layers' });
  });

  it('come in small pieces from a large mixed object', async () => {
    // Prepare
    const megabytes = 300;
    const member = gzipSync(gzipSync(Buffer.alloc(1_000_000, text)));
    const plain = Buffer.from(text);
    let [mostPieces, bytes] = [0, 0];

    // Act
    const open = async () =>
      Readable.from(Array.from({ length: megabytes }, (_, order) => (order % 2 ? member : plain)));
    const storedBytes = (megabytes / 2) * (member.length + plain.length);
    for await (const chunk of objectBytes(open, storedBytes, 'line starts')) {
      mostPieces = Math.max(mostPieces, chunk.length);
      bytes += chunk.length;
    }

    // Assess
    expect(bytes).toBe(150 * (1_000_000 + text.length));
    expect(mostPieces).toBeLessThanOrEqual(128 * 1_024);
  });

  it('are held piece by piece, however much a piece of gzip makes', async () => {
    // Prepare
    const member = gzipSync(Buffer.alloc(64 * 1_048_576, '\n'));
    const object = Buffer.concat([Buffer.from(text), gzipSync(member)]);
    const before = process.memoryUsage().arrayBuffers;
    let [bytes, mostBytes] = [0, 0];

    // Act
    for await (const chunk of objectBytes(async () => Readable.from([object]), 1_000_000, 'line starts')) {
      bytes += chunk.length;
      mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
      if (bytes > text.length) {
        break;
      }
    }

    // Assess
    expect(mostBytes).toBeLessThan(4 * 1_048_576);
  });

  it.each([
    ['gzip within gzip', gzipSync(gzipSync(Buffer.alloc(16 * 1_048_576, '\n')))],
    ['members without content', gzipSync(Buffer.concat(Array(50_000).fill(gzipSync(''))))],
    [
      'a member with an endless name',
      gzipSync(
        Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]), Buffer.alloc(4 * 1_048_576, 'a')]),
      ),
    ],
  ])('are not read to the end when they expand more than events do: %s', async (_, object) => {
    // Act
    const { error } = await read(object);

    // Assess
    expect(error).toMatchObject({
      name: 'OversizedObjectError',
      message: 'expands to more than 1100 times its size',
    });
  });

  it('leave no stream of the source open', async () => {
    // Prepare
    const opened: Readable[] = [];
    const object = Buffer.concat([bytesOf([text, [text]]), Buffer.from('garbage')]);
    const open = () => {
      opened.push(Readable.from([object]));
      return opened.at(-1)!;
    };

    // Act
    await readFrom(open, object.length);

    // Assess
    expect(opened.length).toBeGreaterThan(1);
    expect(opened.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('are empty for an empty object', async () => {
    expect(await read()).toEqual({ text: '' });
  });

  it('are plain when only the first byte is that of gzip', async () => {
    expect(await read(Buffer.from([0x1f]))).toEqual({ text: '\x1f' });
  });

  it('are readable up to the place where gzip is cut off, at any place', async () => {
    const gzip = createGzip(lines);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: gzip.length - 1 }), async (length) => {
        const { text: start, error } = await read(gzip.subarray(0, length));

        expect(error).toBeInstanceOf(CorruptObjectError);
        expect(text.startsWith(start)).toBe(true);
      }),
    );
  });

  it.each([
    ['garbage follows', Buffer.from([0x9f, 0x8b, 0x08])],
    ['zeros follow', Buffer.alloc(100)],
    ['zeros and another member follow', Buffer.concat([Buffer.alloc(3), gzipSync('{}\n')])],
    ['a member follows that is cut off', gzipSync('{}\n').subarray(0, 5)],
  ])('are complete before the error when %s', async (_, rest) => {
    const { text: start, error } = await read(Buffer.concat([createGzip(lines), rest]));
    expect(start).toBe(text);
    expect(error).toBeInstanceOf(CorruptObjectError);
  });

  it('are complete when only the checksum is wrong', async () => {
    // Prepare
    const gzip = createGzip(lines);
    gzip[gzip.length - 6]! ^= 1;

    // Act
    const { text: start, error } = await read(gzip);

    // Assess
    expect(start).toBe(text);
    expect(error).toMatchObject({ message: 'gzip: incorrect data check' });
  });

  it.each([
    ['plain', Buffer.from(text)],
    ['gzip', createGzip(lines)],
    ['mixed', bytesOf([text, [text], text])],
    ['damaged', Buffer.concat([bytesOf([text, [text]]), Buffer.from([0x9f, 0x8b, 0x08])])],
    ['empty', Buffer.alloc(0)],
  ])('are not corrupt but unknown when fewer or more arrive than the object has: %s', async (_, object) => {
    for (const storedBytes of [object.length + 1, object.length - 1]) {
      // Act
      const { text: start, error } = await readFrom(() => Readable.from([object]), storedBytes);

      // Assess
      expect(text.repeat(3).startsWith(start)).toBe(true);
      expect(error).toMatchObject({
        name: 'IncompleteObjectError',
        message: `expected ${storedBytes} bytes, got ${object.length}`,
      });
    }
  });

  it('break off with the error of the source, which does not make the object corrupt', async () => {
    // Prepare
    const broken = async function* () {
      yield createGzip(lines).subarray(0, 100);
      throw new Error('connection lost');
    };

    // Act
    const { error } = await readFrom(() => Readable.from(broken()), createGzip(lines).length);

    // Assess
    expect(error).toMatchObject({ name: 'Error', message: 'connection lost' });
  });
});
