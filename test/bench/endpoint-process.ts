import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { quotas } from '../../lib/aws/quotas.ts';
import { createFirehoseServer, listenOnLoopback } from '../../lib/emulator/firehose/server.ts';
import { QuotaKeeper } from '../../lib/emulator/quota.ts';
import { LocalQueue } from '../../lib/emulator/sqs/queue.ts';
import { createSqsListener, sqsTargetPrefix } from '../../lib/emulator/sqs/server.ts';
import { Counter, type Tally } from './tally.ts';

/**
 * The process of the benchmark's endpoint: the embedded Firehose, every limit and check of it, in front of a stream that
 * counts and checks each event and keeps none, so that it responds at once. Beside it a proof queue that takes claims.
 */

/** What the process tells when it listens. */
export interface EndpointReady {
  /** Where it listens. */
  readonly endpointUrl: string;
}

/** How the endpoint is more like AWS's. */
export interface EndpointLikeAws {
  /** Files of its key and of its certificate, for TLS. */
  readonly tls: { readonly keyFile: string; readonly certificateFile: string };
  /** The quota of its stream. @default - none */
  readonly quota?: keyof typeof quotas;
  /** Least and longest time to a response. */
  readonly latencyMs: readonly [least: number, longest: number];
}

/** The process responds to this message with the {@link Tally} since the last time. */
export const takeTally = 'take';

/** The stream and the proof queue that it serves, and an {@link EndpointLikeAws} as JSON, if there is a third argument. */
const [deliveryStreamName = '', proofQueueName = '', likeAws] = process.argv.slice(2);
const options: EndpointLikeAws | undefined = likeAws && JSON.parse(likeAws);

const counter = new Counter();
const keeper = options?.quota && new QuotaKeeper(quotas[options.quota], Date.now);
const firehose = createFirehoseServer({
  deliveryStreams: [
    {
      settings: {
        deliveryStreamName,
        bucketName: 'bench',
        prefix: '',
        errorOutputPrefix: '',
        compression: 'UNCOMPRESSED',
        bufferingIntervalSeconds: 60,
        bufferingSizeMiB: 64,
        encrypted: true,
      },
      createdAt: new Date(),
      put: async (records) => counter.countRequest(records),
    },
  ],
  admit: ({ length }) => {
    if (keeper?.admitsRecord(length) === false) {
      counter.countRefused();
      return 'ServiceUnavailableException';
    }
    return undefined;
  },
});

const toSqs = createSqsListener([new LocalQueue({ queueName: proofQueueName, visibilityTimeoutMs: 60_000 })]);
const listener: RequestListener = (request, response) => {
  if (String(request.headers['x-amz-target']).startsWith(sqsTargetPrefix)) {
    toSqs(request, response);
  } else {
    firehose.emit('request', request, response);
  }
};

/** The same server behind TLS, which responds after a while. */
async function listenLikeAws({ tls, latencyMs: [least, longest] }: EndpointLikeAws): Promise<string> {
  const secure = createSecureServer(
    { key: readFileSync(tls.keyFile), cert: readFileSync(tls.certificateFile) },
    (request, response) => {
      setTimeout(() => listener(request, response), least + Math.random() * (longest - least));
    },
  ).listen(0, '127.0.0.1');
  await new Promise((resolve) => secure.once('listening', resolve));
  return `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
}

process.on('message', () => process.send?.(counter.take() satisfies Tally));
process.send?.({
  endpointUrl: options ? await listenLikeAws(options) : await listenOnLoopback(createServer(listener), 0),
} satisfies EndpointReady);
