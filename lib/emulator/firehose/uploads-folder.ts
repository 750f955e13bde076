import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deliverUpload } from './upload.ts';

/** Each process has its own folders in it. */
const uploadsName = '.uploads';

/** Name of a journal's file. */
export const journalExtension = '.journal';

/** Makes a folder for uploads of this process. Synchronous, so that no request has to wait for it. */
export function makeUploadsFolder(directory: string): string {
  const uploads = join(directory, uploadsName);
  mkdirSync(uploads, { recursive: true });
  return mkdtempSync(join(uploads, `${identifyProcess(process.pid)}-`));
}

/** Removes a folder, and the one around it if no other process has a folder there. */
export async function removeUploadsFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await rmdir(dirname(folder)).catch(() => {});
}

/**
 * Delivers the records that killed processes acknowledged and did not deliver, under the keys that those had chosen.
 *
 * @param directory Directory of the buckets.
 * @returns the paths of the objects.
 * @throws when an object could not be written; its journal stays.
 */
export async function deliverOrphans(directory: string): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of await takeOverFolders(join(directory, uploadsName))) {
    const names = await readdir(folder);
    for (const name of names.filter((name) => name.endsWith(journalExtension)).sort()) {
      const journal = join(folder, name);
      const object = await deliverUpload(journal, directory).catch((cause: Error) => {
        const what = `the records that an earlier process left in ${journal}`;
        throw new Error(`could not deliver ${what}: ${cause.message}`, { cause });
      });
      paths.push(...(object ? [object.path] : []));
    }
    await removeUploadsFolder(folder);
  }
  return paths;
}

/** Removes the records that killed processes acknowledged and did not deliver. */
export async function discardOrphans(directory: string): Promise<void> {
  for (const folder of await takeOverFolders(join(directory, uploadsName))) {
    await removeUploadsFolder(folder);
  }
}

/**
 * Takes over the folders of processes that have ended, by renaming them. If two processes do so at the same time, only one
 * gets a folder; if that one is killed too, the next one takes it.
 */
async function takeOverFolders(uploads: string): Promise<string[]> {
  const folders: string[] = [];
  for (const name of existsSync(uploads) ? await readdir(uploads) : []) {
    const [, owner, pid, suffix] = /^((\d+)-\d+)-(\w{6})$/.exec(name) ?? [];
    if (!owner || identifyProcess(Number(pid)) === owner) {
      continue;
    }
    const folder = join(uploads, `${identifyProcess(process.pid)}-${suffix}`);
    try {
      await rename(join(uploads, name), folder);
      folders.push(folder);
    } catch (error) {
      // Another process was faster.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw error;
      }
    }
  }
  return folders;
}

/**
 * Names a process by id and start time, because ids are used again: in containers, at every start.
 *
 * @returns `undefined` if there is no such process.
 */
function identifyProcess(pid: number): string | undefined {
  try {
    if (!existsSync('/proc/self/stat')) {
      process.kill(pid, 0);
      return `${pid}-0`;
    }
    // proc(5): the state follows the command's name in parentheses; 19 fields later comes the start time.
    const [state = '', ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return 'ZX'.includes(state) ? undefined : `${pid}-${fields[18]}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? `${pid}-0` : undefined;
  }
}
