import { createServer } from 'node:http';
import type { Quota } from '../aws/quotas.ts';
import { firehoseDialect, sqsDialect } from './dialects.ts';
import { createThrottle, type Faults, noFaults } from './faults.ts';
import { respondWithError, withFaults } from './faulty-listener.ts';
import { DeliveryStream, type DeliveryStreamSettings } from './firehose/delivery-stream.ts';
import { deliverOrphans } from './firehose/orphans.ts';
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
  /** How Firehose and SQS misbehave. @default - not at all */
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
  /** Paths of the objects of earlier processes that were killed, delivered at the start. */
  readonly orphans: readonly string[];
  /** The queue behind it. */
  readonly workQueue: LocalQueue;
  /** Records so far: how many were offered, and how many of them were refused. */
  readonly records: { readonly offered: number; readonly refused: number };
  /** Stops it, and delivers what the stream still buffers. */
  readonly stop: () => Promise<void>;
}

/** Starts Firehose and SQS on a free port of loopback, and delivers what earlier ones in the same directory left. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { faultSeed = 1, quota, outputDirectory, onAccepted } = options;
  const { queue: queueFaults = noFaults, ...faults }: Faults = options.faults ?? noFaults;
  const random = createRandom(faultSeed);
  // Numbers of its own: what SQS does has no effect on the faults of Firehose.
  const queueRandom = createRandom(faultSeed + 1);
  const keeper = quota && new QuotaKeeper(quota, Date.now);
  const refusesRecord = createThrottle(faults, random);
  const records = { offered: 0, refused: 0 };

  const admit = (record: Buffer): RecordErrorCode | undefined => {
    records.offered += 1;
    if (refusesRecord() || keeper?.admitsRecord(record.length) === false) {
      records.refused += 1;
      return 'ServiceUnavailableException';
    }
    onAccepted?.(record);
    return undefined;
  };
  const orphans = await deliverOrphans(outputDirectory);
  const deliveryStream = new DeliveryStream(options.deliveryStream, { directory: outputDirectory });
  const workQueue = new LocalQueue(options.workQueue);
  const firehose = createFirehoseServer({ deliveryStreams: [deliveryStream], admit });
  const toFirehose = withFaults(
    (request, response) => {
      if (keeper?.admitsRequest() === false) {
        respondWithError(response, 503, firehoseDialect);
      } else {
        firehose.emit('request', request, response);
      }
    },
    faults,
    random,
    firehoseDialect,
  );
  const toSqs = withFaults(
    createSqsListener(workQueue, createThrottle(queueFaults, queueRandom)),
    queueFaults,
    queueRandom,
    sqsDialect,
  );

  const server = createServer((request, response) => {
    const isSqs = String(request.headers['x-amz-target']).startsWith(sqsTargetPrefix);
    (isSqs ? toSqs : toFirehose)(request, response);
  });
  server.keepAliveTimeout = firehose.keepAliveTimeout;
  return {
    endpointUrl: await listenOnLoopback(server, 0),
    deliveryStream,
    orphans,
    workQueue,
    records,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await deliveryStream.close();
    },
  };
}
