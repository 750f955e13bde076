import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of its own with these files, gone after the test. Each was last modified at `landedAtMs`. */
export async function createDirectory(
  files: Readonly<Record<string, Buffer | string>>,
  landedAtMs = Date.now(),
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'proof-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [key, content] of Object.entries(files)) {
    const path = join(directory, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    await utimes(path, landedAtMs / 1_000, landedAtMs / 1_000);
  }
  return directory;
}
