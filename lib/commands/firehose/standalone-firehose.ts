import { join } from 'node:path';
import { startEndpoint } from '../../emulator/endpoint.ts';
import type { DeliveryStreamSettings } from '../../emulator/firehose/delivery-stream.ts';
import { errorsFolder, eventsFolder, hourExpression } from '../../lake/layout.ts';

/** The options of `npm run firehose`. */
export interface StandaloneOptions {
  /** Port on 127.0.0.1; 0 for any free one. */
  readonly port: number;
  readonly stream: string;
  readonly output: string;
}

/** Time for a client to finish its request when the Firehose stops. */
const graceMs = 2_000;

export interface StandaloneFirehose {
  /** Text for the user: the endpoint, and lines to paste. */
  readonly greeting: string;
  /** Finishes the requests under way, delivers what is buffered, and returns a summary for the user. */
  stop(): Promise<string>;
}

/**
 * A stream like the one that the stack deploys: GZIP, an object every 60 s or 5 MiB, a Hive-style prefix. The name of its
 * bucket is that of the stream with `-bucket`.
 */
function standaloneSettings(deliveryStreamName: string): DeliveryStreamSettings {
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

/**
 * Starts a Firehose with one stream, and an S3 to read its bucket. Records that killed processes left in the same directory
 * are delivered.
 *
 * @throws when the stream's name is invalid, the port is taken, or an object cannot be written.
 */
export async function startStandalone(options: StandaloneOptions): Promise<StandaloneFirehose> {
  const { port, stream, output } = options;
  const settings = standaloneSettings(stream);
  const endpoint = await startEndpoint({ deliveryStream: settings, outputDirectory: output, port });
  return {
    greeting: describeOrphans(endpoint.orphans) + greeting(endpoint.endpointUrl, settings, output),
    stop: async () => {
      await endpoint.stop(graceMs);
      const { records, recordBytes, keys, objectBytes } = endpoint.deliveryStream.totals;
      const bucket = join(output, settings.bucketName);
      return [
        `Records: ${records}, ${recordBytes} bytes. Objects: ${keys.length}, ${objectBytes} bytes on disk.`,
        ...keys.slice(-3).map((key) => `  ${join(bucket, key)}`),
        ...(keys.length > 3 ? [`  and ${keys.length - 3} before these`] : []),
        '',
      ].join('\n');
    },
  };
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
