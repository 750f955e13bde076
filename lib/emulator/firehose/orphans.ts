import { createWriteStream, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';
import { journalExtension, readJournal } from './journal.ts';
import { createCompression, destinationSchema, moveToBucket, pathInBucket } from './upload.ts';
import { removeUploadsFolder, takeOverUploads } from './uploads-folder.ts';

/**
 * Delivers what processes that are gone acknowledged and did not deliver, under the names that they had chosen.
 *
 * @param directory Where the buckets are.
 * @returns the paths of the objects.
 * @throws when an object could not be written; its records stay where they are.
 */
export async function deliverOrphans(directory: string): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of await takeOverUploads(directory)) {
    const names = await readdir(folder);
    for (const name of names.filter((name) => name.endsWith(journalExtension)).sort()) {
      paths.push(...(await deliverJournal(directory, join(folder, name))));
    }
    await removeUploadsFolder(folder);
  }
  return paths;
}

async function deliverJournal(directory: string, journalPath: string): Promise<string[]> {
  try {
    const entries = readJournal(journalPath);
    const { value: head } = await entries.next();
    const { value: first } = await entries.next();
    // Without a whole entry nothing was acknowledged.
    if (!head || !first) {
      return [];
    }
    const destination = v.parse(destinationSchema, JSON.parse(head.toString()));
    // Its process was killed after it had moved the object, and before it removed the journal.
    if (existsSync(pathInBucket(directory, destination))) {
      await entries.return();
      return [];
    }
    const path = journalPath.slice(0, -journalExtension.length);
    const compression = createCompression(destination);
    const [input, file] = [Readable.from(concat(first, entries)), createWriteStream(path)];
    await (compression ? pipeline(input, compression, file) : pipeline(input, file));
    return [await moveToBucket(path, directory, destination)];
  } catch (error) {
    throw new Error(
      `${journalPath} has records that an earlier process took, and that could not be delivered: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

async function* concat(first: Buffer, others: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* others;
}
