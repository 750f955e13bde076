import { createFirehoseServer, listenOnLoopback } from '../emulator/firehose/server.ts';
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

/** The process responds to this message with the {@link Tally} since the last time. */
export const takeTally = 'take';

/** Tells the process which stream it serves: its first argument. */
const deliveryStreamName = process.argv[2] ?? '';

const counter = new Counter();
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
});

process.on('message', () => process.send?.(counter.take() satisfies Tally));
process.send?.({ endpointUrl: await listenOnLoopback(server, 0) } satisfies EndpointReady);
