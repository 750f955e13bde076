import { createServer } from 'node:http';
import type { Quota } from '../aws/quotas.ts';
import { createThrottle, type Faults, noFaults, respondWithError, withFaults } from './faults.ts';
import { DeliveryStream, type DeliveryStreamSettings } from './firehose/delivery-stream.ts';
import { createFirehoseServer, listenOnLoopback, type RecordErrorCode } from './firehose/server.ts';
import { QuotaKeeper } from './quota.ts';
import { createRandom } from './random.ts';
import { LocalQueue, type QueueSettings } from './sqs/queue.ts';
import { createSqsListener, sqsTargetPrefix } from './sqs/server.ts';

/** What of AWS runs on this machine, and how badly. */
export interface EndpointOptions {
  /** The stream. */
  readonly deliveryStream: DeliveryStreamSettings;
  /** The work queue. */
  readonly workQueue: QueueSettings;
  /** Where the bucket goes. */
  readonly outputDirectory: string;
  /** How the Firehose misbehaves. @default - not at all */
  readonly faults?: Faults;
  /** Which run of bad luck it is. @default 1 */
  readonly faultSeed?: number;
  /** Quota of the stream. @default - none */
  readonly quota?: Quota;
  /** Told of every record that was accepted. */
  readonly onAccepted?: (record: Buffer) => void;
}

/** One endpoint that is Firehose and SQS, as those of other emulators are. */
export interface Endpoint {
  /** Its URL. */
  readonly endpointUrl: string;
  /** The stream behind it. */
  readonly deliveryStream: DeliveryStream;
  /** The queue behind it. */
  readonly workQueue: LocalQueue;
  /** Records so far: how many were offered, and how many of them were refused. */
  readonly records: { readonly offered: number; readonly refused: number };
  /** Stops it, and delivers what the stream still buffers. */
  readonly stop: () => Promise<void>;
}

/** Starts Firehose and SQS on a free port of loopback. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { faults = noFaults, faultSeed = 1, quota, outputDirectory, onAccepted } = options;
  const random = createRandom(faultSeed);
  const keeper = quota && new QuotaKeeper(quota, Date.now);
  const throttle = createThrottle(faults, random);
  const records = { offered: 0, refused: 0 };

  const admit = (record: Buffer): RecordErrorCode | undefined => {
    records.offered += 1;
    const isBeyondQuota = () => keeper?.admitsRecord(record.length) === false;
    const refusal = throttle() ?? (isBeyondQuota() ? 'ServiceUnavailableException' : undefined);
    if (refusal) {
      records.refused += 1;
    } else {
      onAccepted?.(record);
    }
    return refusal;
  };
  const deliveryStream = new DeliveryStream(options.deliveryStream, { directory: outputDirectory });
  const workQueue = new LocalQueue(options.workQueue);
  const firehose = createFirehoseServer({ deliveryStreams: [deliveryStream], admit });
  const toFirehose = withFaults(
    (request, response) => {
      if (keeper?.admitsRequest() === false) {
        respondWithError(response, 503);
      } else {
        firehose.emit('request', request, response);
      }
    },
    faults,
    random,
  );
  const toSqs = createSqsListener(workQueue);

  const server = createServer((request, response) => {
    const isSqs = String(request.headers['x-amz-target']).startsWith(sqsTargetPrefix);
    (isSqs ? toSqs : toFirehose)(request, response);
  });
  server.keepAliveTimeout = firehose.keepAliveTimeout;
  return {
    endpointUrl: await listenOnLoopback(server, 0),
    deliveryStream,
    workQueue,
    records,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await deliveryStream.close();
    },
  };
}
