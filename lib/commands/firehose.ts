import { join } from 'node:path';
import type { Command } from 'commander';
import { type Endpoint, startEndpoint } from '../emulator/endpoint.ts';
import type { DeliveryStreamSettings } from '../emulator/firehose/delivery-stream.ts';
import { errorsFolder, eventsFolder, hourExpression } from '../lake/layout.ts';
import { checkDirectory, deliveryStreamNameArgument, wholeNumberArgument } from '../terminal/options.ts';

interface FirehoseOptions {
  /** Port on 127.0.0.1; 0 for any free one. */
  readonly port: number;
  readonly stream: string;
  readonly output: string;
}

const portBounds = { min: 0, max: 65_535, example: 4573 };

/** Time for a client to finish its request when the Firehose stops. */
const graceMs = 2_000;

/** Adds the options and the action of `firehose`. */
export function configure(command: Command): void {
  const toPort = wholeNumberArgument(portBounds);
  const [toName, defaultName] = [deliveryStreamNameArgument, 'firehose-event-producer'];
  command
    .option('--port <number>', 'port on 127.0.0.1; 0 for any free one', toPort, portBounds.example)
    .option('--stream <name>', 'name of the delivery stream', toName, defaultName)
    .option('--output <directory>', 'where the objects go', '.local')
    .action(runFirehose);
}

/**
 * Runs a Firehose with one stream, and an S3 to read its bucket, until Ctrl-C. Records that killed processes left in the same
 * directory are delivered.
 *
 * @throws when the stream's name is invalid, the port is taken, or an object cannot be written.
 */
async function runFirehose({ port, stream, output }: FirehoseOptions): Promise<void> {
  checkDirectory('--output', output);
  const settings = streamSettings(stream);
  const options = { deliveryStream: settings, outputDirectory: output, port };
  const endpoint = await startEndpoint(options).catch((error: NodeJS.ErrnoException) => {
    throw error.syscall === 'listen' ? portError(port, error) : error;
  });
  process.stdout.write(describeOrphans(endpoint.orphans) + greeting(endpoint.endpointUrl, settings, output));
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

function greeting(endpoint: string, settings: DeliveryStreamSettings, output: string): string {
  const name = settings.deliveryStreamName;
  return `Firehose on ${endpoint}
stream ${name}, objects in ${join(output, settings.bucketName)} every ${settings.bufferingIntervalSeconds} s or ${settings.bufferingSizeMiB} MiB
Ctrl-C delivers what is buffered, and stops.

Any client, with any credentials:
  export AWS_ENDPOINT_URL_FIREHOSE=${endpoint} AWS_ENDPOINT_URL_S3=${endpoint} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
AWS CLI, version 2:
  aws firehose put-record --delivery-stream-name ${name} --cli-binary-format raw-in-base64-out --record '{"Data":"hello\\n"}'
AWS CLI, version 1:
  aws firehose put-record --delivery-stream-name ${name} --record '{"Data":"hello\\n"}'
boto3:
  python3 -c "import boto3; print(boto3.client('firehose').put_record(DeliveryStreamName='${name}', Record={'Data': b'hello\\n'}))"
What landed, after ${settings.bufferingIntervalSeconds} s at most:
  aws s3 ls --recursive s3://${settings.bucketName}

`;
}
