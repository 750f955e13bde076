import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptObjectError, objectBytes } from '../../lambda/prover/object-bytes.ts';
import { createGzip, createLines } from '../proof/factories.ts';

/** Reads an object that arrives in these pieces. */
const read = (...pieces: Buffer[]) => readFrom(() => Readable.from(pieces));

async function readFrom(open: () => Readable): Promise<{ text: string; error?: unknown }> {
  let text = '';
  try {
    for await (const chunk of objectBytes(async () => open())) {
      text += chunk.toString('latin1');
    }
    return { text };
  } catch (error) {
    return { text, error };
  }
}

const lines = createLines();
const text = lines.join('');

describe('the bytes of an object', () => {
  it.each([
    ['plain', [Buffer.from(text)]],
    ['gzip', [createGzip(lines)]],
    ['gzip of two members', [Buffer.concat([createGzip(lines.slice(0, 10)), createGzip(lines.slice(10))])]],
    ['gzip of two members in two pieces', [createGzip(lines.slice(0, 10)), createGzip(lines.slice(10))]],
    ['gzip in pieces of a byte', [...createGzip(lines)].map((byte) => Buffer.from([byte]))],
  ])('are what was written: %s', async (_, pieces) => {
    expect(await read(...pieces)).toEqual({ text });
  });

  it('are none for an empty object', async () => {
    expect(await read()).toEqual({ text: '' });
  });

  it('are plain when only the first byte looks like gzip', async () => {
    expect(await read(Buffer.from([0x1f]))).toEqual({ text: '\x1f' });
  });

  it('are had up to where gzip is cut off, however it is cut', async () => {
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
    ['garbage follows', Buffer.from('garbage')],
    ['zeros follow', Buffer.alloc(100)],
    ['zeros and another member follow', Buffer.concat([Buffer.alloc(3), gzipSync('{}\n')])],
    ['a member follows that is cut off', gzipSync('{}\n').subarray(0, 5)],
  ])('are all had before it is said to be corrupt that %s', async (_, rest) => {
    // Act
    const { text: start, error } = await read(Buffer.concat([createGzip(lines), rest]));

    // Assess
    expect(start).toBe(text);
    expect(error).toBeInstanceOf(CorruptObjectError);
  });

  it('are all had when only the checksum is wrong', async () => {
    // Prepare
    const gzip = createGzip(lines);
    gzip[gzip.length - 6]! ^= 1;

    // Act
    const { text: start, error } = await read(gzip);

    // Assess
    expect(start).toBe(text);
    expect(error).toMatchObject({ message: 'gzip: incorrect data check' });
  });

  it('break off with the error of the source, which is no damage to the object', async () => {
    // Prepare
    const broken = async function* () {
      yield createGzip(lines).subarray(0, 100);
      throw new Error('connection lost');
    };

    // Act
    const { error } = await readFrom(() => Readable.from(broken()));

    // Assess
    expect(error).toMatchObject({ name: 'Error', message: 'connection lost' });
  });
});
