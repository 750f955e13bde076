import { join } from 'node:path';
import type { Command } from 'commander';
import { type Endpoint, startEndpoint } from '../emulator/endpoint.ts';
import type { DeliveryStreamSettings } from '../emulator/firehose/delivery-stream.ts';
import { errorsFolder, eventsFolder, hourExpression } from '../lake/layout.ts';
import {
  checkDirectory,
  deliveryStreamNameArgument,
  sourceOption,
  wholeNumberArgument,
} from '../terminal/options.ts';

interface FirehoseOptions {
  /** Port on 127.0.0.1; 0 for any free one. */
  readonly port: number;
  readonly stream: string;
  readonly output: string;
  readonly source?: 'kinesis';
}

/** Number of shards of the Kinesis stream. */
const shards = 2;

const portBounds = { min: 0, max: 65_535, example: 4573 };

/** Time for a client to finish its request when the Firehose stops. */
const graceMs = 2_000;

/** Adds the options and the action of `firehose`. */
export function configure(command: Command): void {
  const toPort = wholeNumberArgument(portBounds);
  const [toName, defaultName] = [deliveryStreamNameArgument, 'firehose-event-producer'];
  command
    .option('--port <number>', 'port on 127.0.0.1; 0 for any free one', toPort, portBounds.example)
    .option('--stream <name>', 'name of the delivery stream, and of the Kinesis stream', toName, defaultName)
    .addOption(sourceOption())
    .option('--output <directory>', 'where the objects go', '.local')
    .action(runFirehose);
}

/**
 * Runs a Firehose with one stream, if asked a Kinesis stream that it reads, and an S3 to read its bucket, until Ctrl-C.
 * Records that killed processes left in the same directory are delivered.
 *
 * @throws when the stream's name is invalid, the port is taken, or an object cannot be written.
 */
async function runFirehose({ port, stream, output, source }: FirehoseOptions): Promise<void> {
  checkDirectory('--output', output);
  const settings = streamSettings(stream);
  const options = {
    deliveryStream: settings,
    outputDirectory: output,
    port,
    ...(source && { kinesisStream: { streamName: stream, shards } }),
  };
  const endpoint = await startEndpoint(options).catch((error: NodeJS.ErrnoException) => {
    throw error.syscall === 'listen' ? portError(port, error) : error;
  });
  process.stdout.write(describeOrphans(endpoint.orphans) + greeting(endpoint, settings, output));
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await endpoint.stop(graceMs);
  process.stdout.write(summary(endpoint, output));
}

function portError(port: number, { code, message }: NodeJS.ErrnoException): Error {
  const reason =
    { EADDRINUSE: 'another program uses it', EACCES: 'this user may not use it' }[code ?? ''] ?? message;
  return new Error(`--port is ${port}: ${reason}. Expected a free port, for example --port 0 for any`);
}

/**
 * A stream like the one that the stack deploys: GZIP, an object every 60 s or 5 MiB, a Hive-style prefix. The name of its
 * bucket is that of the stream with `-bucket`.
 */
function streamSettings(deliveryStreamName: string): DeliveryStreamSettings {
  return {
    deliveryStreamName,
    bucketName: `${deliveryStreamName.replaceAll(/[^a-zA-Z0-9.-]|^[^a-zA-Z0-9]/g, 'x')}-bucket`,
    prefix: `${eventsFolder}${hourExpression}`,
    errorOutputPrefix: `${errorsFolder}!{firehose:error-output-type}/${hourExpression}`,
    compression: 'GZIP',
    bufferingIntervalSeconds: 60,
    bufferingSizeMiB: 5,
    encrypted: true,
  };
}

function summary({ deliveryStream: { settings, totals } }: Endpoint, output: string): string {
  const { records, recordBytes, keys, objectBytes } = totals;
  const bucket = join(output, settings.bucketName);
  return [
    `Records: ${records}, ${recordBytes} bytes. Objects: ${keys.length}, ${objectBytes} bytes on disk.`,
    ...keys.slice(-3).map((key) => `  ${join(bucket, key)}`),
    ...(keys.length > 3 ? [`  and ${keys.length - 3} before these`] : []),
    '',
  ].join('\n');
}

function describeOrphans(orphans: readonly string[]): string {
  const paths = orphans.map((path) => `  ${path}\n`).join('');
  return paths && `Delivered records that an earlier, killed Firehose had acknowledged:\n${paths}\n`;
}

function greeting(
  { endpointUrl: endpoint, target }: Endpoint,
  settings: DeliveryStreamSettings,
  output: string,
): string {
  const name = settings.deliveryStreamName;
  const { cli, boto3, source } = examples[target];
  const services = ['FIREHOSE', 'KINESIS', 'S3'].map((service) => `AWS_ENDPOINT_URL_${service}=${endpoint}`);
  return `Firehose on ${endpoint}
stream ${name}${source}, objects in ${join(output, settings.bucketName)} every ${settings.bufferingIntervalSeconds} s or ${settings.bufferingSizeMiB} MiB
Ctrl-C delivers what is buffered, and stops.

Any client, with any credentials:
  export ${services.join(' ')} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
AWS CLI, version 2:
  ${cli(name, '--cli-binary-format raw-in-base64-out ')}
AWS CLI, version 1:
  ${cli(name, '')}
boto3:
  python3 -c "import boto3; print(boto3.${boto3(name)})"
What landed, after ${settings.bufferingIntervalSeconds} s at most:
  aws s3 ls --recursive s3://${settings.bucketName}

`;
}

/** How to put a record. */
const examples = {
  Firehose: {
    source: '',
    cli: (name: string, binary: string) =>
      `aws firehose put-record --delivery-stream-name ${name} ${binary}--record '{"Data":"hello\\n"}'`,
    boto3: (name: string) =>
      `client('firehose').put_record(DeliveryStreamName='${name}', Record={'Data': b'hello\\n'})`,
  },
  Kinesis: {
    source: `, which reads the Kinesis stream of that name with ${shards} shards`,
    cli: (name: string, binary: string) =>
      `aws kinesis put-record --stream-name ${name} --partition-key 1 ${binary}--data $'hello\\n'`,
    boto3: (name: string) =>
      `client('kinesis').put_record(StreamName='${name}', PartitionKey='1', Data=b'hello\\n')`,
  },
};
