import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { onTestFinished } from 'vitest';
import {
  DeliveryStream,
  type DeliveryStreamOptions,
  type DeliveryStreamSettings,
} from '../../../lib/emulator/firehose/delivery-stream.ts';
import { createFirehoseListener, type FirehoseOptions } from '../../../lib/emulator/firehose/server.ts';
import { listenOnLoopback } from '../../../lib/emulator/loopback-server.ts';

export function makeSettings(overrides: Partial<DeliveryStreamSettings> = {}): DeliveryStreamSettings {
  return {
    deliveryStreamName: 'my-stream',
    bucketName: 'my-bucket',
    prefix: '',
    errorOutputPrefix: '',
    compression: 'GZIP',
    bufferingIntervalSeconds: 900,
    bufferingSizeMiB: 128,
    encrypted: true,
    ...overrides,
  };
}

/** A directory that is gone after the test. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'firehose-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A stream that is closed after the test. Its closing may fail: tests of failures do that on purpose. */
export function makeStream(
  overrides: Partial<DeliveryStreamSettings> = {},
  options: Partial<DeliveryStreamOptions> = {},
) {
  const directory = options.directory ?? makeDirectory();
  const stream = new DeliveryStream(makeSettings(overrides), { ...options, directory });
  onTestFinished(() => stream.close().catch(() => {}));
  return { stream, directory, bucket: join(directory, stream.settings.bucketName) };
}

/** A server with one stream, and the SDK's client for it, without retries. */
export async function makeServer(
  overrides: Partial<DeliveryStreamSettings> = {},
  admit?: FirehoseOptions['admit'],
) {
  const made = makeStream(overrides);
  return { ...made, ...(await listen({ deliveryStreams: [made.stream], ...(admit && { admit }) })) };
}

/** A server with streams of these names, and the SDK's client for it. */
export function makeServerOf(...names: string[]) {
  const directory = makeDirectory();
  const deliveryStreams = names.map(
    (deliveryStreamName) => makeStream({ deliveryStreamName }, { directory }).stream,
  );
  return listen({ deliveryStreams });
}

async function listen(options: FirehoseOptions) {
  const server = createServer(createFirehoseListener(options));
  const endpoint = await listenOnLoopback(server, 0);
  const client = makeClient(endpoint);
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { server, endpoint, client };
}

export function makeClient(endpoint: string): FirehoseClient {
  return new FirehoseClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
}

/** Paths of all files below a directory; none when it does not exist. */
export function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}

/** Content of each object of a bucket, decompressed if its name ends in `.gz`. */
export function readObjects(bucket: string): string[] {
  return listFiles(bucket).map((path) => {
    const bytes = readFileSync(path);
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  });
}

/** Waits in real time, also under fake timers. */
export async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`Not within ${timeoutMs} ms: ${condition}`);
    }
    await setTimeout(5);
  }
}
