import {
  describeStream,
  type FirehoseCalls,
  streamSettings,
  unknownValue,
} from '../../proof/stream-settings.ts';
import { UnanswerableError } from '../../proof/unanswerable.ts';
import { isPacked } from '../../terminal/packed.ts';
import { quoteForShell } from '../../terminal/text.ts';

/** A canary in an existing stream. */
export interface Canary {
  readonly deliveryStreamArn: string;
  /** CDK context. */
  readonly context: Readonly<Record<string, string>>;
  /** The purposes of the stream's settings, by the keys of the context. */
  readonly reasons: Readonly<Record<string, string>>;
  /** Environment of the deployment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The line that deploys it, for a shell. */
  readonly command: string;
}

/** Reads the name of a stream, or its ARN. */
export function parseStream(text: string): { name: string; region?: string; account?: string } {
  const [, region, account, name] =
    /^arn:[\w-]+:firehose:([\w-]+):(\d{12}):deliverystream\/([^/]+)$/.exec(text) ?? [];
  return name === undefined ? { name: text } : { name, region: region!, account: account! };
}

/**
 * Finds the settings of a canary in a stream.
 *
 * @param stream Its name, or its ARN.
 * @param given More CDK context, which overrides what the stream says.
 * @param deploymentRegion The configured region, if there is one.
 * @throws UnanswerableError if the stream cannot be described, or no canary can watch it.
 */
export async function watch(
  stream: string,
  given: Canary['context'],
  client: FirehoseCalls,
  deploymentRegion: string | undefined,
): Promise<Canary> {
  const { name, account: givenAccount } = parseStream(stream);
  const description = await describeStream(client, name);
  const { DeliveryStreamARN: deliveryStreamArn = '' } = description;
  const { region = '', account } = parseStream(deliveryStreamArn);
  if (givenAccount !== undefined && givenAccount !== account) {
    throw new UnanswerableError(
      `${stream} is of the account ${givenAccount}, and the credentials are of ${account}: set AWS_PROFILE to one of ${givenAccount}`,
    );
  }
  const { refusal, settings } = streamSettings(description);
  const context = { ...Object.fromEntries(settings.map(({ key, value }) => [key, value])), ...given };
  const environment: Canary['environment'] = region === deploymentRegion ? {} : { AWS_REGION: region };
  const words = [
    ...Object.entries(environment).map(([variable, value]) => `${variable}=${value}`),
    'npx cdk deploy',
    ...Object.entries(context).map(([key, value]) => `-c ${key}=${shellWord(value)}`),
  ];
  const command = words.join(' ');
  if (refusal !== undefined) {
    const nearest =
      settings.length > 0 ? `. All records are in its backup, which this watches: ${command}` : '';
    throw new UnanswerableError(`${name} cannot be watched: ${refusal}${nearest}`);
  }
  const ofStream = settings.filter(({ key }) => !Object.hasOwn(given, key));
  const reasons = Object.fromEntries(ofStream.map(({ key, reason }) => [key, reason]));
  return { deliveryStreamArn, context, reasons, environment, command };
}

const shellWord = (text: string) => (/^[\w.,:/@=-]+$/.test(text) ? text : quoteForShell(text));

/** Arguments of `npx` that deploy a canary. @throws UnanswerableError if a value is not known. */
export function deployArguments({ context }: Canary): string[] {
  const settings = Object.entries(context).map(([key, value]) => `${key}=${value}`);
  const unknown = settings.find((setting) => setting.endsWith(`=${unknownValue}`));
  if (unknown !== undefined) {
    throw new UnanswerableError(
      `${unknownValue} stands for a value that is not known: give -c ${unknown}, with that value`,
    );
  }
  return ['cdk', 'deploy', ...settings.flatMap((setting) => ['-c', setting])];
}

/** A canary as text for a terminal. */
export function describeCanary({ context, reasons, command }: Canary): string {
  const width = Math.max(...Object.keys(reasons).map((key) => key.length));
  return [
    command,
    '',
    ...Object.entries(reasons).map(([key, reason]) => `  ${key.padEnd(width)}  ${reason}`),
    ...(context.alarmEmail ? [] : ['', 'For a mail when an alarm fires, add -c alarmEmail=you@example.com']),
    ...(isPacked
      ? ['', 'The line is for the repository. In your app, the settings are props of EventProducer.']
      : []),
  ].join('\n');
}
