import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { quotas } from '../aws/quotas.ts';
import { createFirehoseServer, listenOnLoopback } from '../emulator/firehose/server.ts';
import { QuotaKeeper } from '../emulator/quota.ts';
import { Counter, type Tally } from './tally.ts';

/**
 * The process of the benchmark's endpoint: the embedded Firehose, every limit and check of it, in front of a stream that
 * counts and checks each event and keeps none, so that it responds at once.
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

/** The stream that it serves, its first argument, and an {@link EndpointLikeAws} as JSON, if there is a second one. */
const [deliveryStreamName = '', likeAws] = process.argv.slice(2);
const options: EndpointLikeAws | undefined = likeAws && JSON.parse(likeAws);

const counter = new Counter();
const keeper = options?.quota && new QuotaKeeper(quotas[options.quota], Date.now);
const server = createFirehoseServer({
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

/** The same server behind TLS, which responds after a while. */
async function listenLikeAws({ tls, latencyMs: [least, longest] }: EndpointLikeAws): Promise<string> {
  const secure = createServer(
    { key: readFileSync(tls.keyFile), cert: readFileSync(tls.certificateFile) },
    (request, response) => {
      setTimeout(() => server.emit('request', request, response), least + Math.random() * (longest - least));
    },
  ).listen(0, '127.0.0.1');
  await new Promise((resolve) => secure.once('listening', resolve));
  return `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
}

process.on('message', () => process.send?.(counter.take() satisfies Tally));
process.send?.({
  endpointUrl: options ? await listenLikeAws(options) : await listenOnLoopback(server, 0),
} satisfies EndpointReady);
