import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { quotas } from '../../lib/aws/quotas.ts';
import { createFirehoseListener } from '../../lib/emulator/firehose/server.ts';
import { listenOnLoopback } from '../../lib/emulator/loopback-server.ts';
import { QuotaKeeper } from '../../lib/emulator/quota.ts';
import { createS3Listener } from '../../lib/emulator/s3/server.ts';
import { LocalQueue } from '../../lib/emulator/sqs/queue.ts';
import { createSqsListener, sqsTargetPrefix } from '../../lib/emulator/sqs/server.ts';
import { Counter } from './tally.ts';

/** The process of an endpoint: its CPU time must not count as that of the measured process. */

/** Conditions of AWS that a plain endpoint does not have. */
export interface AwsConditions {
  readonly tls: { readonly keyFile: string; readonly certificateFile: string };
  /** @default - no quota */
  readonly quota?: keyof typeof quotas;
  readonly latencyMs: readonly [min: number, max: number];
}

export interface EndpointOptions {
  /** Serves the embedded S3. @default - Firehose, with a queue for claims */
  readonly bucketsDirectory?: string;
  readonly deliveryStreamName?: string;
  readonly proofQueueName?: string;
  /** @default - plain HTTP, no quota, no latency */
  readonly conditions?: AwsConditions;
}

const options: EndpointOptions = JSON.parse(process.argv[2] ?? '');
const { bucketsDirectory, deliveryStreamName = '', proofQueueName = '', conditions } = options;
const counter = new Counter();

/** The embedded Firehose with all limits and checks, in front of a stream that counts events and stores none. */
function createCountingListener(): RequestListener {
  const keeper = conditions?.quota && new QuotaKeeper(quotas[conditions.quota], Date.now);
  const settings = {
    deliveryStreamName,
    bucketName: 'bench',
    prefix: '',
    errorOutputPrefix: '',
    compression: 'UNCOMPRESSED',
    bufferingIntervalSeconds: 60,
    bufferingSizeMiB: 64,
    encrypted: true,
  } as const;
  const put = async (records: readonly Buffer[]) => counter.countRequest(records);
  const firehose = createFirehoseListener({
    deliveryStreams: [{ settings, createdAt: new Date(), put }],
    admit: ({ length }) => {
      if (keeper?.admitsRecord(length) === false) {
        counter.countRefused();
        return 'ServiceUnavailableException';
      }
      return undefined;
    },
  });
  const sqs = createSqsListener([new LocalQueue({ queueName: proofQueueName, visibilityTimeoutMs: 60_000 })]);
  return (request, response) => {
    if (String(request.headers['x-amz-target']).startsWith(sqsTargetPrefix)) {
      sqs(request, response);
    } else {
      firehose(request, response);
    }
  };
}

async function listenLikeAws({ tls, latencyMs: [min, max] }: AwsConditions): Promise<string> {
  const [key, cert] = [readFileSync(tls.keyFile), readFileSync(tls.certificateFile)];
  const server = createSecureServer({ key, cert }, (request, response) =>
    setTimeout(() => listener(request, response), min + Math.random() * (max - min)),
  );
  return (await listenOnLoopback(server, 0)).replace('http:', 'https:');
}

const listener = bucketsDirectory
  ? createS3Listener({ directory: bucketsDirectory })
  : createCountingListener();

// Every message asks for the tally since the last one.
process.on('message', () => process.send?.(counter.take()));
process.on('disconnect', () => process.exit());
process.send?.(
  conditions ? await listenLikeAws(conditions) : await listenOnLoopback(createServer(listener), 0),
);
