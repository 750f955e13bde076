import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const projectDirectory = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Synthesizes the stack, the way `npx cdk synth` does, on this machine and without an account.
 *
 * @param assemblyDirectory Where the cloud assembly goes.
 * @param context CDK context, as `-c key=value` would give it.
 * @param signal Ends it.
 * @throws Error with what the CDK printed, if it fails.
 */
export async function synthesize(
  assemblyDirectory: string,
  context: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  const cdk = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
  const contextArguments = Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  try {
    await promisify(execFile)(
      process.execPath,
      // Validating the template takes as long as making it, and nothing is deployed.
      [cdk, 'synth', '--quiet', '--no-validation', '--output', assemblyDirectory, ...contextArguments],
      { cwd: projectDirectory, signal },
    );
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(`cdk synth failed: ${stderr.trim() || message}`);
  }
}
