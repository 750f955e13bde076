import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cliPath } from '../terminal/built-cli.ts';

/** Result of a command. */
export interface CommandResult {
  /** Exit status. */
  readonly status: number;
  /** Its two outputs. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command with these arguments in a process of its own, without tsx, which takes its time. */
export async function runCommand(
  name: 'verify' | 'prove' | 'send' | 'watch',
  args: readonly string[],
  { cwd = process.cwd(), environment = {} }: { cwd?: string; environment?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [cliPath, name, ...args], {
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
