import { createServer } from 'node:http';
import { join } from 'node:path';
import { DeliveryStream, type DeliveryStreamSettings } from '../../emulator/firehose/delivery-stream.ts';
import { createFirehoseServer, listenOnLoopback } from '../../emulator/firehose/server.ts';
import { deliverOrphans } from '../../emulator/firehose/uploads-folder.ts';
import { createS3Listener, isS3Request } from '../../emulator/s3/server.ts';
import { errorsFolder, eventsFolder, hourExpression } from '../../lake/layout.ts';

/** What `npm run firehose` can be told. */
export interface StandaloneOptions {
  /** Port on 127.0.0.1; 0 for any free one. */
  readonly port: number;
  /** Name of the one delivery stream. */
  readonly stream: string;
  /** Directory for the objects. */
  readonly output: string;
}

/** Time that a client has for the request it is sending when the Firehose stops. */
const stalledClientMs = 2_000;

/** A Firehose that runs. */
export interface StandaloneFirehose {
  /** What to tell its user: the endpoint, and lines to paste. */
  readonly greeting: string;
  /** Finishes the requests under way, delivers what is buffered, and returns what to tell its user in the end. */
  stop(): Promise<string>;
}

/**
 * A stream like the one that the stack deploys: GZIP, an object every 60 s or 5 MiB, a Hive-style prefix.
 *
 * @param deliveryStreamName its name; the bucket's is the same with `-bucket`.
 */
export function standaloneSettings(deliveryStreamName: string): DeliveryStreamSettings {
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
 * Starts a Firehose with one stream, and an S3 to read its bucket, and delivers what earlier ones in the same directory left when they were killed.
 *
 * @throws when the stream's name is not one, the port is taken, or what was left cannot be delivered.
 */
export async function startStandalone({
  port,
  stream: name,
  output,
}: StandaloneOptions): Promise<StandaloneFirehose> {
  const stream = new DeliveryStream(standaloneSettings(name), { directory: output });
  const orphans = await deliverOrphans(output);
  const firehose = createFirehoseServer({ deliveryStreams: [stream] });
  const toS3 = createS3Listener({ directory: output, bucketNames: [stream.settings.bucketName] });
  const server = createServer((request, response) => {
    if (isS3Request(request)) {
      toS3(request, response);
    } else {
      firehose.emit('request', request, response);
    }
  });
  server.keepAliveTimeout = firehose.keepAliveTimeout;
  const endpoint = await listenOnLoopback(server, port);
  return {
    greeting: describeOrphans(orphans) + greeting(endpoint, stream.settings, output),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      const timer = setTimeout(() => server.closeAllConnections(), stalledClientMs);
      await closed;
      clearTimeout(timer);
      await stream.close();
      const { records, recordBytes, keys, objectBytes } = stream.totals;
      const bucket = join(output, stream.settings.bucketName);
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
  return paths && `Delivered what an earlier Firehose had acknowledged when it was killed:\n${paths}\n`;
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
