import type { IncomingMessage, RequestListener } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type Quota, shardQuota } from '../aws/quotas.ts';
import { firehoseDialect, kinesisDialect, sqsDialect } from './dialects.ts';
import { createThrottle, type Faults, noFaults, type TimeSpan } from './faults.ts';
import { respondWithError, withFaults } from './faulty-listener.ts';
import { DeliveryStream, type DeliveryStreamSettings } from './firehose/delivery-stream.ts';
import { createFirehoseListener, type ServedStream } from './firehose/server.ts';
import { deliverOrphans } from './firehose/uploads-folder.ts';
import { createKinesisListener, kinesisTargetPrefix } from './kinesis/server.ts';
import { KinesisStream, type KinesisStreamSettings } from './kinesis/stream.ts';
import { createLoopbackServer, listenOnLoopback } from './loopback-server.ts';
import { QuotaKeeper } from './quota.ts';
import { createRandom } from './random.ts';
import { createS3Listener, isS3Request } from './s3/server.ts';
import { LocalQueue, type QueueSettings } from './sqs/queue.ts';
import { createSqsListener, sqsTargetPrefix } from './sqs/server.ts';

export interface EndpointQueueSettings extends QueueSettings {
  /** @default - dead letters are only noted */
  readonly deadLetterQueueName?: string;
}

export interface EndpointOptions {
  readonly deliveryStream: DeliveryStreamSettings;
  /** The Kinesis stream that the delivery stream reads. @default - records are put to the delivery stream */
  readonly kinesisStream?: KinesisStreamSettings;
  /** @default - none */
  readonly queues?: readonly EndpointQueueSettings[];
  /** Directory of the buckets. */
  readonly outputDirectory: string;
  /** Port on 127.0.0.1; 0 for any free one. @default 0 */
  readonly port?: number;
  /** @default - none */
  readonly faults?: Faults;
  /** Seed of the random faults. @default 1 */
  readonly faultSeed?: number;
  /** Quota of the delivery stream; with a Kinesis stream, each of its shards has that of AWS. @default - none */
  readonly quota?: Quota;
  /** Called with every acknowledged record, once Firehose has it. */
  readonly onAccepted?: (record: Buffer) => void;
  /** Called once, when an object could not be written. Firehose then takes no more records. */
  readonly onFailure?: (failure: Error) => void;
}

/** Pages of other hosts whose name resolves to 127.0.0.1 (DNS rebinding) send their own. */
const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** One endpoint for Firehose, Kinesis, SQS and S3. */
export interface Endpoint {
  readonly endpointUrl: string;
  readonly deliveryStream: DeliveryStream;
  /** Name of the service that records are sent to. */
  readonly target: 'Firehose' | 'Kinesis';
  /** Paths of the objects of killed processes, delivered at the start. */
  readonly orphans: readonly string[];
  readonly queues: ReadonlyMap<string, LocalQueue>;
  /** Numbers of records offered, of those refused, and of those accepted that never land. */
  readonly records: { readonly offered: number; readonly refused: number; readonly lost: number };
  /** Number of reads of each object, by its key. */
  readonly objectReads: ReadonlyMap<string, number>;
  /** Stops it, and delivers the records that the stream buffers. Requests under way have `graceMs` to finish, 0 by default. */
  readonly stop: (graceMs?: number) => Promise<void>;
}

/**
 * Starts Firehose, Kinesis, SQS and S3 on loopback, and delivers the records that killed processes left in the same directory.
 *
 * @throws if the stream's settings are invalid, the port is taken, or an object cannot be written.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { faultSeed = 1, quota, outputDirectory: directory, onAccepted, port = 0, kinesisStream } = options;
  const { queue: queueFaults = noFaults, lose = 0, denial, ...faults }: Faults = options.faults ?? noFaults;
  const random = createRandom(faultSeed);
  // Separate generators: calls of SQS have no effect on the faults of Firehose.
  const queueRandom = createRandom(faultSeed + 1);
  const lossRandom = createRandom(faultSeed + 2);
  const keeper = quota && new QuotaKeeper(quota, Date.now);
  const refusesRecord = createThrottle(faults, random);
  const records = { offered: 0, refused: 0, lost: 0 };
  const objectReads = new Map<string, number>();

  const admits = (isWithinQuota: () => boolean) => {
    records.offered += 1;
    const isAdmitted = !refusesRecord() && isWithinQuota();
    records.refused += isAdmitted ? 0 : 1;
    return isAdmitted;
  };
  const stopping = new AbortController();
  const deliveryStream = new DeliveryStream(options.deliveryStream, {
    directory,
    ...(denial && { canWrite: denyDuring(denial, stopping.signal) }),
    ...(options.onFailure && { onFailure: options.onFailure }),
  });
  const { settings, createdAt } = deliveryStream;
  const deliver = async (taken: readonly Buffer[]) => {
    const kept = lose > 0 ? taken.filter(() => lossRandom() >= lose) : taken;
    if (kept.length > 0) {
      await deliveryStream.put(kept);
    }
    records.lost += taken.length - kept.length;
    for (const record of taken) {
      onAccepted?.(record);
    }
  };
  const served: ServedStream = {
    settings,
    createdAt,
    put: deliver,
    ...(kinesisStream && { kinesisStreamName: kinesisStream.streamName }),
  };
  const firehose = createFirehoseListener({
    deliveryStreams: [served],
    admit: ({ length }) =>
      admits(() => keeper?.admitsRecord(length) ?? true) ? undefined : 'ServiceUnavailableException',
  });
  // Firehose has a record of Kinesis before its acknowledgement, so it outlives this process like any other.
  const source =
    kinesisStream &&
    new KinesisStream(kinesisStream, { admits, deliver, ...(quota && { quota: shardQuota }) });
  const queues = createQueues(options.queues ?? []);

  const toFirehose: RequestListener = (request, response) => {
    if (keeper?.admitsRequest() === false) {
      respondWithError(response, 503, firehoseDialect);
    } else {
      firehose(request, response);
    }
  };
  const toKinesis = createKinesisListener(source ? [source] : []);
  const toSqs = createSqsListener([...queues.values()], createThrottle(queueFaults, queueRandom));
  const listeners = {
    firehose: source ? toFirehose : withFaults(toFirehose, faults, random, firehoseDialect),
    kinesis: source ? withFaults(toKinesis, faults, random, kinesisDialect) : toKinesis,
    sqs: withFaults(toSqs, queueFaults, queueRandom, sqsDialect),
    s3: createS3Listener({
      directory,
      bucketNames: [options.deliveryStream.bucketName],
      onRead: (_bucketName, key) => objectReads.set(key, (objectReads.get(key) ?? 0) + 1),
    }),
  };
  const { server, stop } = createLoopbackServer((request, response) => {
    // HTTP/2 has the host in a header of its own.
    const host = request.headers.host ?? String(request.headers[':authority'] ?? '');
    if (!loopbackHost.test(host)) {
      response.writeHead(403, { 'content-type': 'text/plain' });
      response.end(`Host is ${JSON.stringify(host)}: expected 127.0.0.1, localhost or [::1]\n`);
      return;
    }
    listeners[serviceOf(request)](request, response);
  });
  const orphans = await deliverOrphans(directory);

  return {
    endpointUrl: await listenOnLoopback(server, port),
    deliveryStream,
    target: source ? 'Kinesis' : 'Firehose',
    orphans,
    queues,
    records,
    objectReads,
    stop: async (graceMs = 0) => {
      await stop(graceMs);
      stopping.abort();
      await deliveryStream.close();
    },
  };
}

function serviceOf(request: IncomingMessage): 's3' | 'sqs' | 'kinesis' | 'firehose' {
  if (isS3Request(request)) {
    return 's3';
  }
  const target = String(request.headers['x-amz-target']);
  if (target.startsWith(sqsTargetPrefix)) {
    return 'sqs';
  }
  return target.startsWith(kinesisTargetPrefix) ? 'kinesis' : 'firehose';
}

/** Returns a function that resolves when the bucket takes objects: not during this time span, counted from now. */
function denyDuring({ fromMs, toMs }: TimeSpan, signal: AbortSignal): () => Promise<void> {
  const startedMs = Date.now();
  return async () => {
    const sinceStartMs = Date.now() - startedMs;
    if (sinceStartMs >= fromMs && sinceStartMs < toMs) {
      await wait(toMs - sinceStartMs, undefined, { signal }).catch(() => {});
    }
  };
}

function createQueues(settings: readonly EndpointQueueSettings[]): Map<string, LocalQueue> {
  const queues = new Map<string, LocalQueue>();
  for (const { deadLetterQueueName = '', ...queue } of settings) {
    const onDeadLetter = (body: string) => void queues.get(deadLetterQueueName)?.send(body);
    queues.set(queue.queueName, new LocalQueue(queue, { onDeadLetter }));
  }
  return queues;
}
