import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isPacked, projectDirectory } from '../../terminal/packed.ts';

/** What `cdk synth` runs, too. */
const app = isPacked ? ['app.mjs'] : ['--import', 'tsx', 'bin/app.ts'];

/**
 * Synthesizes the stack on this machine and without an account, by the app that `cdk deploy` runs. What the CDK's
 * command line would tell the app is told here: starting that, too, would take a second.
 *
 * @param assemblyDirectory Where the cloud assembly goes.
 * @param context CDK context, as `-c key=value` would give it.
 * @param signal Ends it.
 * @throws Error with what the app printed, if it fails.
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
    throw new Error(`synthesizing the stack failed: ${stderr.trim() || message}`);
  }
}
