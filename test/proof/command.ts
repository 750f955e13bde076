import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a command left. */
export interface CommandResult {
  /** Exit status. */
  readonly status: number;
  /** Its two outputs. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `bin/<name>.ts` with these arguments in a process of its own, as `npm run` does. */
export async function runCommand(
  name: 'verify' | 'prove',
  args: readonly string[],
  { cwd = process.cwd(), environment = {} }: { cwd?: string; environment?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  const entryPoint = fileURLToPath(new URL(`../../bin/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), entryPoint, ...args], {
    cwd,
    env: { ...process.env, ...environment },
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const [status] = await once(child, 'close');
  return { status, ...output };
}
