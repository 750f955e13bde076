import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source, StoredObject } from '../../lambda/prover/objects/source.ts';
import { UnanswerableError } from '../../lambda/prover/objects/source.ts';

/**
 * The objects under a directory: a bucket as a local run leaves it or as `aws s3 sync` copies it, or a part of one. Keys are
 * relative to the directory. Hidden files and folders are no objects: an embedded Firehose keeps unfinished uploads there.
 *
 * An object landed when its file was last modified: `aws s3 sync` sets this to `LastModified`, and the time in a
 * name is when the first of the records arrived, not when the object landed.
 */
export function directorySource(directory: string): Source {
  return {
    name: directory,
    list: () => listBelow(directory, ''),
    open: async (key) => createReadStream(join(directory, key)),
  };
}

async function* listBelow(directory: string, folder: string): AsyncGenerator<StoredObject, void> {
  const entries = await readdir(join(directory, folder), { withFileTypes: true }).catch((error) => {
    throw unanswerable(error, join(directory, folder));
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const key = `${folder}${entry.name}`;
    if (entry.name.startsWith('.')) {
      continue;
    }
    if (entry.isDirectory()) {
      yield* listBelow(directory, `${key}/`);
    }
    if (entry.isFile()) {
      const { mtimeMs, size } = await stat(join(directory, key));
      yield { key, landedAtMs: Math.round(mtimeMs), bytes: size };
    }
  }
}

function unanswerable(error: NodeJS.ErrnoException, directory: string): Error {
  const reason = {
    ENOENT: 'no such directory',
    ENOTDIR: 'not a directory',
    EACCES: 'no permission to list it',
  }[error.code ?? ''];
  return new UnanswerableError(`${directory}: ${reason ?? error.message}`, { cause: error });
}
