import { symlinkSync } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { errorTypeOf, sourceNamed } from '../../lib/proof/source.ts';
import { createDirectory } from './directory.ts';

const list = (directory: string) => Readable.from(sourceNamed(directory).list()).toArray();

describe('a directory as a source', () => {
  it('lists files in all folders with key, size and modification time', async () => {
    // Prepare
    const landedAtMs = Date.parse('2026-11-22T10:00:30.500Z');
    const directory = await createDirectory({ 'events/hour=10/a.gz': 'abc', b: '' }, landedAtMs);

    // Act
    const objects = await list(directory);

    // Assess
    expect(objects).toEqual([
      { key: 'b', landedAtMs, bytes: 0 },
      { key: 'events/hour=10/a.gz', landedAtMs, bytes: 3 },
    ]);
  });

  it('skips hidden files', async () => {
    const directory = await createDirectory({ '.uploads/a': 'x', 'events/.DS_Store': 'x', 'events/a': 'x' });
    const objects = await list(directory);
    expect(objects.map(({ key }) => key)).toEqual(['events/a']);
  });

  it.each([
    ['a file', 'b'],
    ['a folder, even its own', '.'],
    ['nothing', 'gone'],
  ])('names a symbolic link to %s: to skip it would count its events as missing', async (_, target) => {
    // Prepare
    const directory = await createDirectory({ 'events/b': 'x' });
    symlinkSync(target, `${directory}/events/a`);

    // Act and assess
    await expect(list(directory)).rejects.toMatchObject({
      name: 'UnanswerableError',
      message: `${directory}/events/a: a symbolic link. Put the file itself there, or take it away`,
    });
  });

  it('reads an object by its key', async () => {
    const directory = await createDirectory({ 'events/a': 'abc' });
    const content = await text(await sourceNamed(directory).open({ key: 'events/a' }));
    expect(content).toBe('abc');
  });

  it.each([
    ['nowhere', 'no such directory'],
    ['file', 'not a directory'],
  ])('cannot be %s', async (name, reason) => {
    // Prepare
    const directory = await createDirectory({ file: '' });

    // Act
    const listing = list(`${directory}/${name}`);

    // Assess
    await expect(listing).rejects.toMatchObject({
      name: 'UnanswerableError',
      message: `${directory}/${name}: ${reason}`,
    });
  });
});

describe('the error type of an object', () => {
  it.each([
    ['errors/processing-failed/datehour=2026-11-22-10/a.gz', 'processing-failed'],
    ['events/datehour=2026-11-22-10/errors/x/a.gz', undefined],
    ['errors/a.gz', undefined],
  ])('in %s is %s', (key, errorType) => {
    expect(errorTypeOf(key)).toBe(errorType);
  });
});
