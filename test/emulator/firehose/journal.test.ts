import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Journal, readJournal } from '../../../lib/emulator/firehose/journal.ts';
import { makeDirectory } from './factories.ts';

const Entries = ['head', '', 'a\n', 'x'.repeat(100_000)];

function writeJournal() {
  const path = join(makeDirectory(), 'a.journal');
  const journal = new Journal(path);
  const sizes = Entries.map((entry) => {
    journal.append(Buffer.from(entry));
    return statSync(path).size;
  });
  journal.close();
  return { path, sizes };
}

async function readTexts(path: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const entry of readJournal(path)) {
    texts.push(entry.toString());
  }
  return texts;
}

describe('a journal', () => {
  it('has an entry in its file as soon as it was appended', async () => {
    // Prepare
    const { path, sizes } = writeJournal();

    // Act
    const texts = await readTexts(path);

    // Assess
    expect(texts).toEqual(Entries);
    expect(sizes).toEqual([8, 12, 18, 100_022]);
  });

  it('has no half entry, wherever its process was killed', async () => {
    // Prepare
    const { path, sizes } = writeJournal();
    const bytes = readFileSync(path);

    for (const size of [0, 1, 4, 7, 8, 9, 11, 12, 15, 17, 18, 22, 50_000, 100_021]) {
      // Act
      writeFileSync(path, bytes);
      truncateSync(path, size);
      const texts = await readTexts(path);

      // Assess
      expect(texts).toEqual(Entries.filter((_entry, index) => sizes[index]! <= size));
    }
  });
});
