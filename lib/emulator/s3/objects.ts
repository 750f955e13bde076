import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** An object of an embedded bucket. */
export interface StoredFile {
  readonly key: string;
  readonly bytes: number;
  /** In milliseconds since 1970. */
  readonly landedMs: number;
}

export interface KeyRange {
  readonly prefix: string;
  /** The key after which the listing starts. */
  readonly after: string;
}

/**
 * Lists the objects of a bucket: the files below its directory, sorted by the UTF-8 bytes of their keys, as in S3. Hidden files
 * and folders are not objects. Folders outside the range are not read.
 */
export async function* listObjects(
  bucketDirectory: string,
  range: KeyRange,
  folder = '',
): AsyncGenerator<StoredFile, void> {
  const { prefix, after } = range;
  const entries = await readdir(join(bucketDirectory, folder), { withFileTypes: true }).catch(
    ignoreMissing(() => []),
  );
  const names = entries
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isFile()))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort(compareKeys);
  for (const name of names) {
    if (name.endsWith('/')) {
      const mayStartWithPrefix = name.startsWith(prefix) || prefix.startsWith(name);
      if (mayStartWithPrefix && (compareKeys(name, after) > 0 || after.startsWith(name))) {
        yield* listObjects(bucketDirectory, range, name);
      }
    } else if (name.startsWith(prefix) && compareKeys(name, after) > 0) {
      const object = await findObject(bucketDirectory, name);
      if (object) {
        yield object;
      }
    }
  }
}

/** Finds an object; `undefined` if no object has this key. */
export async function findObject(bucketDirectory: string, key: string): Promise<StoredFile | undefined> {
  // This also keeps readers inside the bucket.
  if (key.split('/').some((part) => part === '' || part.startsWith('.') || part.includes('\0'))) {
    return undefined;
  }
  const file = await stat(join(bucketDirectory, key)).catch(ignoreMissing(() => undefined));
  return file?.isFile() ? { key, bytes: file.size, landedMs: file.mtimeMs } : undefined;
}

/** Order of S3's listings. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(ignoreMissing(() => undefined));
  return found?.isDirectory() ?? false;
}

function ignoreMissing<Value>(fallback: () => Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(error.code ?? '')) {
      return fallback();
    }
    throw error;
  };
}
