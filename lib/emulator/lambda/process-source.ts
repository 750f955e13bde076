import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

/**
 * The code of process.ts as JavaScript: compiled here rather than by a loader in the process, whose memory would count as
 * the function's. The package has a file in place of this one, with the code in it.
 */
export async function readProcessSource(): Promise<string> {
  const source = await readFile(new URL('./process.ts', import.meta.url), 'utf8');
  return (await transform(source, { loader: 'ts', format: 'esm' })).code;
}
