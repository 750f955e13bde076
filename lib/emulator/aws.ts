import { createServer } from 'node:http';
import { eventsInRecord } from '../local/record.ts';
import { answerError, createThrottle, type Faults, noFaults, withFaults } from './faults.ts';
import { DeliveryStream, type DeliveryStreamSettings } from './firehose/delivery-stream.ts';
import { createFirehoseServer, listenOnLoopback, type RecordErrorCode } from './firehose/server.ts';
import { type Quota, QuotaKeeper } from './quota.ts';
import { createRandom } from './random.ts';
import { LocalQueue, type QueueSettings } from './sqs/queue.ts';
import { createSqsListener, sqsTargetPrefix } from './sqs/server.ts';

/** What of AWS runs on this machine, and how badly. */
export interface LocalAwsOptions {
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
}

/** What happened to the records that a Firehose was offered. */
export interface Admission {
  /** Records offered. */
  readonly offered: number;
  /** How many of them were refused. */
  readonly refused: number;
  /** Events in those that were taken; an event that was sent again after its answer got lost counts again. */
  readonly eventsTaken: number;
}

/** One endpoint that is Firehose and SQS, as emulators are. */
export interface LocalAws {
  /** Its URL. */
  readonly endpointUrl: string;
  /** The stream behind it. */
  readonly deliveryStream: DeliveryStream;
  /** The queue behind it. */
  readonly workQueue: LocalQueue;
  /** What happened to records so far. */
  readonly admission: Admission;
  /** Stops it, and delivers what the stream still buffers. */
  readonly stop: () => Promise<void>;
}

/** Starts Firehose and SQS on a free port of loopback. */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { faults = noFaults, faultSeed = 1, quota, outputDirectory } = options;
  const random = createRandom(faultSeed);
  const keeper = quota && new QuotaKeeper(quota, Date.now);
  const throttle = createThrottle(faults, random);
  const admission = { offered: 0, refused: 0, eventsTaken: 0 };

  const admit = (record: Buffer): RecordErrorCode | undefined => {
    admission.offered += 1;
    const refusal =
      throttle(record) ??
      (keeper?.admitsRecord(record.length) === false ? 'ServiceUnavailableException' : undefined);
    if (refusal) {
      admission.refused += 1;
    } else {
      admission.eventsTaken += eventsInRecord(record);
    }
    return refusal;
  };
  const deliveryStream = new DeliveryStream(options.deliveryStream, { directory: outputDirectory });
  const workQueue = new LocalQueue(options.workQueue);
  const firehose = createFirehoseServer({ deliveryStreams: [deliveryStream], admit });
  const toFirehose = withFaults(
    (request, response) => {
      if (keeper?.admitsRequest() === false) {
        answerError(response, 503);
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
    admission,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await deliveryStream.close();
    },
  };
}
