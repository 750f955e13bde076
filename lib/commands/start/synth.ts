import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isPacked, projectDirectory } from '../../terminal/packed.ts';

/** The app that `cdk synth` runs. */
const app = isPacked ? ['app.mjs'] : ['--import', 'tsx', 'bin/app.ts'];

/**
 * Synthesizes the stack on this machine, without an AWS account. Calls the app without the CDK's command line, which would
 * take a second more.
 *
 * @param context CDK context, as `-c key=value` would give it.
 * @throws Error with the app's error output.
 */
export async function synthesize(
  assemblyDirectory: string,
  context: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  const { context: ownContext } = JSON.parse(readFileSync(join(projectDirectory, 'cdk.json'), 'utf8'));
  try {
    await promisify(execFile)(process.execPath, app, {
      cwd: projectDirectory,
      signal,
      env: {
        ...process.env,
        CDK_OUTDIR: assemblyDirectory,
        CDK_CONTEXT_JSON: JSON.stringify({ ...ownContext, ...context }),
        // Validating the template takes as long as making it, and nothing is deployed.
        CDK_VALIDATION: 'false',
      },
    });
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const reason = /ENOSPC|no space left/i.test(stderr)
      ? `no space left in ${dirname(assemblyDirectory)}: free some, or set TMPDIR to another directory`
      : stderr.trim() || message;
    throw new Error(`synthesizing the stack failed: ${reason}`);
  }
}
