import { createServer } from 'node:http';
import type { Quota } from '../aws/quotas.ts';
import { firehoseDialect, sqsDialect } from './dialects.ts';
import { createThrottle, type Faults, noFaults } from './faults.ts';
import { respondWithError, withFaults } from './faulty-listener.ts';
import { DeliveryStream, type DeliveryStreamSettings } from './firehose/delivery-stream.ts';
import {
  createFirehoseServer,
  listenOnLoopback,
  type RecordErrorCode,
  type ServedStream,
} from './firehose/server.ts';
import { deliverOrphans } from './firehose/uploads-folder.ts';
import { QuotaKeeper } from './quota.ts';
import { createRandom } from './random.ts';
import { Denial } from './s3/denial.ts';
import { createS3Listener, isS3Request } from './s3/server.ts';
import { LocalQueue, type QueueSettings } from './sqs/queue.ts';
import { createSqsListener, sqsTargetPrefix } from './sqs/server.ts';

/** A queue, and where its dead letters go. */
export interface EndpointQueueSettings extends QueueSettings {
  /** Name of its dead-letter queue. @default - its dead letters are only noted */
  readonly deadLetterQueueName?: string;
}

/** What of AWS runs on this machine, and how badly. */
export interface EndpointOptions {
  /** The stream. */
  readonly deliveryStream: DeliveryStreamSettings;
  /** The queues. */
  readonly queues: readonly EndpointQueueSettings[];
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

/** One endpoint that is Firehose, SQS and S3, as those of other emulators are. */
export interface Endpoint {
  /** Its URL. */
  readonly endpointUrl: string;
  /** The stream behind it. */
  readonly deliveryStream: DeliveryStream;
  /** Paths of the objects of earlier processes that were killed, delivered at the start. */
  readonly orphans: readonly string[];
  /** The queues behind it, by name. */
  readonly queues: ReadonlyMap<string, LocalQueue>;
  /** Records so far: how many were offered, how many of them were refused, and how many of the others never land. */
  readonly records: { readonly offered: number; readonly refused: number; readonly lost: number };
  /** How often each object was read, by its key. */
  readonly objectReads: ReadonlyMap<string, number>;
  /** Stops it, and delivers what the stream still buffers. */
  readonly stop: () => Promise<void>;
}

/** Starts Firehose, SQS and S3 on a free port of loopback, and delivers what earlier ones in the same directory left. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { faultSeed = 1, quota, outputDirectory, onAccepted } = options;
  const { queue: queueFaults = noFaults, lose = 0, denial, ...faults }: Faults = options.faults ?? noFaults;
  const random = createRandom(faultSeed);
  // Numbers of its own: what SQS does has no effect on the faults of Firehose.
  const queueRandom = createRandom(faultSeed + 1);
  const lossRandom = createRandom(faultSeed + 2);
  const keeper = quota && new QuotaKeeper(quota, Date.now);
  const refusesRecord = createThrottle(faults, random);
  const records = { offered: 0, refused: 0, lost: 0 };

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
  const bucketDenial = denial && new Denial(denial);
  const deliveryStream = new DeliveryStream(options.deliveryStream, {
    directory: outputDirectory,
    ...(bucketDenial && { canWrite: bucketDenial.isOver }),
  });
  const losingStream: ServedStream = {
    settings: deliveryStream.settings,
    createdAt: deliveryStream.createdAt,
    put: async (taken) => {
      const kept = taken.filter(() => lossRandom() >= lose);
      records.lost += taken.length - kept.length;
      if (kept.length > 0) {
        await deliveryStream.put(kept);
      }
    },
  };
  const queues = createQueues(options.queues);
  const firehose = createFirehoseServer({
    deliveryStreams: [lose > 0 ? losingStream : deliveryStream],
    admit,
  });
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
    createSqsListener([...queues.values()], createThrottle(queueFaults, queueRandom)),
    queueFaults,
    queueRandom,
    sqsDialect,
  );

  const objectReads = new Map<string, number>();
  const toS3 = createS3Listener({
    directory: outputDirectory,
    bucketNames: [options.deliveryStream.bucketName],
    onRead: (_bucketName, key) => objectReads.set(key, (objectReads.get(key) ?? 0) + 1),
  });

  const server = createServer((request, response) => {
    if (isS3Request(request)) {
      toS3(request, response);
      return;
    }
    const isSqs = String(request.headers['x-amz-target']).startsWith(sqsTargetPrefix);
    (isSqs ? toSqs : toFirehose)(request, response);
  });
  server.keepAliveTimeout = firehose.keepAliveTimeout;
  return {
    endpointUrl: await listenOnLoopback(server, 0),
    deliveryStream,
    orphans,
    queues,
    records,
    objectReads,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      bucketDenial?.lift();
      await deliveryStream.close();
    },
  };
}

function createQueues(settings: readonly EndpointQueueSettings[]): Map<string, LocalQueue> {
  const queues = new Map<string, LocalQueue>();
  const create = ({ deadLetterQueueName, ...queue }: EndpointQueueSettings) => {
    const target = settings.find(({ queueName }) => queueName === deadLetterQueueName);
    if (target && !queues.has(target.queueName)) {
      create(target);
    }
    const deadLetterQueue = target && queues.get(target.queueName);
    queues.set(queue.queueName, new LocalQueue(queue, { ...(deadLetterQueue && { deadLetterQueue }) }));
  };
  for (const queue of settings) {
    if (!queues.has(queue.queueName)) {
      create(queue);
    }
  }
  return queues;
}
