import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

/**
 * The code of process.ts as JavaScript. A loader in the process would count as the function's memory. The package has a file
 * in place of this one, which contains the code.
 */
export async function readProcessSource(): Promise<string> {
  const source = await readFile(new URL('./process.ts', import.meta.url), 'utf8');
  return (await transform(source, { loader: 'ts', format: 'esm' })).code;
}
