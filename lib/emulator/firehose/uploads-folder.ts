import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where objects are before they are delivered: each process has folders of its own in it. */
const uploadsName = '.uploads';

/** A folder is named after its process, by {@link processName}, and six random characters. */
const folderPattern = /^(\d+)-(\d+)-(\w{6})$/;

/** Makes a folder for the uploads of this process. Synchronous, so that its caller needs to wait for nothing. */
export function makeUploadsFolder(directory: string): string {
  const uploads = join(directory, uploadsName);
  mkdirSync(uploads, { recursive: true });
  return mkdtempSync(join(uploads, `${processName()}-`));
}

/** Removes a folder, and the one around it if no other process has a folder there. */
export async function removeUploadsFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await rmdir(dirname(folder)).catch(() => {});
}

/**
 * Takes over the folders of processes that are gone. A folder goes to one process only, even if two ask at the same time, and
 * if that one is killed too, the next one takes it.
 *
 * @returns their new paths.
 */
export async function takeOverUploads(directory: string): Promise<string[]> {
  const uploads = join(directory, uploadsName);
  const folders: string[] = [];
  for (const name of existsSync(uploads) ? await readdir(uploads) : []) {
    const [, pid, startTime, suffix] = folderPattern.exec(name) ?? [];
    if (!pid || startTimeOf(Number(pid)) === startTime) {
      continue;
    }
    const folder = join(uploads, `${processName()}-${suffix}`);
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

/** Ids of processes come again, in containers at every start; with the start time they don't. */
function processName(): string {
  return `${process.pid}-${startTimeOf(process.pid)}`;
}

/**
 * When a process started, in clock ticks since the machine did, or 0 where there is no /proc to tell.
 *
 * @returns `undefined` if there is no such process.
 */
function startTimeOf(pid: number): string | undefined {
  if (!existsSync('/proc/self/stat')) {
    return exists(pid) ? '0' : undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name, in parentheses, may hold anything; the state comes after it, and the start time 19 fields later.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isGone = fields[0] === 'Z' || fields[0] === 'X';
    return isGone ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
