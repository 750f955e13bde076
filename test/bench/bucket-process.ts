import { createServer } from 'node:http';
import { listenOnLoopback } from '../../lib/emulator/firehose/server.ts';
import { createS3Listener } from '../../lib/emulator/s3/server.ts';

/** The process of the embedded S3 that the prover reads: its work must not count as the prover's. */

/** What the process tells when it listens. */
export interface BucketReady {
  /** Where it listens. */
  readonly endpointUrl: string;
}

/** Where the buckets are. */
const [directory = ''] = process.argv.slice(2);

process.send?.({
  endpointUrl: await listenOnLoopback(createServer(createS3Listener({ directory })), 0),
} satisfies BucketReady);

// Nobody is left to read.
process.on('disconnect', () => process.exit());
