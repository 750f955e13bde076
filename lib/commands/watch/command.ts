import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Command, InvalidArgumentError } from 'commander';
import { createFirehoseClient } from '../../proof/aws-clients.ts';
import { UnanswerableError } from '../../proof/unanswerable.ts';
import { isPacked, projectDirectory } from '../../terminal/packed.ts';
import { printable } from '../../terminal/text.ts';
import { type Canary, deployArguments, describeCanary, parseStream, watch } from './watch.ts';

interface WatchOptions {
  readonly context?: Readonly<Record<string, string>>;
  readonly deploy?: true;
  readonly json?: true;
}

/** Adds the argument, the options and the action of `watch`. */
export function configure(command: Command): void {
  command
    .argument('<stream>', 'name of the delivery stream, or its ARN')
    .option(
      '-c, --context <key=value>',
      'more settings, such as alarmEmail; may be given several times',
      collectContext,
    )
    .option('--json', 'print one JSON document')
    .action(runWatch);
  if (!isPacked) {
    command.option('--deploy', 'deploy it, too, by npx cdk deploy');
  }
}

async function runWatch(stream: string, { context = {}, deploy, json }: WatchOptions): Promise<void> {
  const deploymentRegion = await createFirehoseClient()
    .config.region()
    .catch(() => undefined);
  const client = createFirehoseClient(parseStream(stream).region);
  const canary = await watch(stream, context, client, deploymentRegion);
  console.log(json ? JSON.stringify(canary) : describeCanary(canary).split('\n').map(printable).join('\n'));
  if (deploy) {
    process.exitCode = await deployCanary(canary, json ? process.stderr : 'inherit');
  }
}

/** Resolves to the exit status of the CDK. */
async function deployCanary(canary: Canary, output: 'inherit' | NodeJS.WriteStream): Promise<number> {
  const child = spawn('npx', deployArguments(canary), {
    cwd: projectDirectory,
    env: { ...process.env, ...canary.environment },
    stdio: ['inherit', output, 'inherit'],
  });
  const [status] = await once(child, 'close').catch((error) => {
    throw new UnanswerableError(`npx could not be started: ${error.message}`, { cause: error });
  });
  return status ?? 1;
}

function collectContext(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, key, value] = /^(\w+)=(.+)$/s.exec(text) ?? [];
  if (key === undefined) {
    throw new InvalidArgumentError('Expected KEY=VALUE, for example alarmEmail=you@example.com.');
  }
  return { ...before, [key]: value! };
}
