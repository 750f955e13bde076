import { closeSync, openSync, writevSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** How the names of journals end. */
export const journalExtension = '.journal';

/** What comes before each entry: its length. */
const lengthBytes = 4;

/**
 * The data of one object's records, before it is delivered: entries that outlive their process, even one that is killed.
 *
 * An entry is in the hands of the operating system when `append` returns, so not even `kill -9` loses it. What is lost with
 * the machine is not asked for: nothing waits for the disk.
 */
export class Journal {
  readonly #file: number;

  /** @throws when there is a file of that name, or it cannot be made. */
  constructor(path: string) {
    this.#file = openSync(path, 'wx');
  }

  /**
   * Appends an entry. Synchronous: it copies at some GiB/s, less than a turn through the thread pool and its queue costs.
   *
   * @throws when it cannot be written. Part of it may be in the file then, so nothing may be appended after it.
   */
  append(entry: Buffer): void {
    const length = Buffer.allocUnsafe(lengthBytes);
    length.writeUInt32BE(entry.length);
    const written = writevSync(this.#file, [length, entry]);
    if (written < lengthBytes + entry.length) {
      throw new Error(
        `Only ${written} of ${lengthBytes + entry.length} bytes were written: is the disk full?`,
      );
    }
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file);
  }
}

/** Reads a journal's entries. The last one is left out if its process was killed in the middle of it. */
export async function* readJournal(path: string): AsyncGenerator<Buffer, void> {
  const file = await open(path);
  try {
    let left = (await file.stat()).size;
    while (left >= lengthBytes) {
      const length = (await readBytes(file, lengthBytes)).readUInt32BE();
      left -= lengthBytes + length;
      if (left < 0) {
        return;
      }
      yield await readBytes(file, length);
    }
  } finally {
    await file.close();
  }
}

async function readBytes(file: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  await file.read(bytes, 0, length);
  return bytes;
}
