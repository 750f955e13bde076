import { closeSync, createReadStream, createWriteStream, existsSync, openSync, writevSync } from 'node:fs';
import { mkdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';
import { compressionNames, compressions } from './compressions.ts';

const destinationSchema = v.object({
  bucketName: v.string(),
  /** It has a UUID in it, so no other object has the same key. */
  key: v.string(),
  compression: v.picklist(compressionNames),
});

/** Bucket and key of an object, and its compression. */
export type Destination = Readonly<v.InferOutput<typeof destinationSchema>>;

/** An object in its bucket. */
export interface DeliveredObject {
  readonly path: string;
  readonly key: string;
  /** Size on disk. */
  readonly bytes: number;
}

/** Each entry of a journal follows its length. */
const lengthBytes = 4;

const readBytes = 1024 * 1024;

/**
 * The records of one object until its delivery: a journal, from which this process or a later one makes the object.
 *
 * The first entry is the destination, as JSON; each request is one more entry. An entry is with the operating system when
 * `append` returns, so `kill -9` does not lose it. A crash of the machine may: nothing waits for the disk.
 */
export class Upload {
  readonly path: string;
  recordBytes = 0;
  readonly #file: number;

  /** @throws when there is a file of that path, or it cannot be written. */
  constructor(path: string, destination: Destination) {
    this.path = path;
    this.#file = openSync(path, 'wx');
    this.#write(Buffer.from(JSON.stringify(destination)));
  }

  /**
   * Appends the data of one request. Synchronous: copying is faster than a turn through the thread pool.
   *
   * @throws when it cannot be written. The file may then end in part of it, so nothing may be appended after that.
   */
  append(data: Buffer): void {
    this.#write(data);
    this.recordBytes += data.length;
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(entry: Buffer): void {
    const length = Buffer.allocUnsafe(lengthBytes);
    length.writeUInt32BE(entry.length);
    const written = writevSync(this.#file, [length, entry]);
    if (written < lengthBytes + entry.length) {
      throw new Error(
        `${this.path}: only ${written} of ${lengthBytes + entry.length} bytes were written. Is the disk full?`,
      );
    }
  }
}

/**
 * Makes an object of a journal, moves it to its bucket by one rename, and removes the journal.
 *
 * @param directory Directory of the buckets.
 * @param canWrite Called once the object is complete; it moves when this resolves.
 * @returns `undefined` if the journal has no whole request, or an earlier process delivered it already.
 * @throws when a file cannot be read or written; the journal stays.
 */
export async function deliverUpload(
  journal: string,
  directory: string,
  canWrite: () => Promise<unknown> = async () => {},
): Promise<DeliveredObject | undefined> {
  const destination = await readDestination(journal);
  const object = destination && (await makeObject(journal, directory, destination, canWrite));
  await rm(journal);
  return object;
}

async function makeObject(
  journal: string,
  directory: string,
  { bucketName, key, compression }: Destination,
  canWrite: () => Promise<unknown>,
): Promise<DeliveredObject | undefined> {
  const path = join(directory, bucketName, key);
  // The process was killed between the rename and the removal of the journal.
  if (existsSync(path)) {
    return undefined;
  }
  let requests = 0;
  const readRequests = async function* () {
    for await (const entries of readEntries(journal)) {
      // The first entry is the destination.
      const data = requests === 0 ? entries.slice(1) : entries;
      requests += entries.length;
      yield Buffer.concat(data);
    }
  };
  const unfinished = `${journal}.object`;
  const file = createWriteStream(unfinished);
  await pipeline(readRequests, compressions[compression].create(), file).catch(async (error) => {
    // It may have filled the disk.
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  });
  if (requests === 1) {
    return rm(unfinished).then(() => undefined);
  }
  await canWrite();
  await mkdir(dirname(path), { recursive: true });
  // The landing time of an object is its modification time.
  const now = new Date();
  await utimes(unfinished, now, now);
  await rename(unfinished, path);
  return { path, key, bytes: file.bytesWritten };
}

/** @returns `undefined` if the process was killed before it had written the whole entry. */
async function readDestination(journal: string): Promise<Destination | undefined> {
  for await (const [first] of readEntries(journal)) {
    return first && v.parse(destinationSchema, JSON.parse(first.toString()));
  }
  return undefined;
}

/** Reads whole entries, several at a time. The last one may be cut off, if its process was killed while writing it. */
async function* readEntries(journal: string): AsyncGenerator<Buffer[], void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(journal, { highWaterMark: readBytes })) {
    const bytes = Buffer.concat([rest, chunk]);
    const entries: Buffer[] = [];
    let at = 0;
    while (at + lengthBytes <= bytes.length) {
      const end = at + lengthBytes + bytes.readUInt32BE(at);
      if (end > bytes.length) {
        break;
      }
      entries.push(bytes.subarray(at + lengthBytes, end));
      at = end;
    }
    yield entries;
    rest = bytes.subarray(at);
  }
}
