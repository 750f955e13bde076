import { KinesisClient } from '@aws-sdk/client-kinesis';
import { onTestFinished } from 'vitest';
import { createKinesisListener } from '../../../lib/emulator/kinesis/server.ts';
import {
  KinesisStream,
  type KinesisStreamOptions,
  type KinesisStreamSettings,
} from '../../../lib/emulator/kinesis/stream.ts';
import { createLoopbackServer, listenOnLoopback } from '../../../lib/emulator/loopback-server.ts';

/** A server with one stream of three shards, and the SDK's default client for it, which speaks HTTP/2, without retries. */
export async function makeKinesis(
  settings: Partial<KinesisStreamSettings> = {},
  options: KinesisStreamOptions = {},
) {
  const stream = new KinesisStream({ streamName: 'my-stream', shards: 3, ...settings }, options);
  const { server, stop } = createLoopbackServer(createKinesisListener([stream]));
  const endpoint = await listenOnLoopback(server, 0);
  const client = makeKinesisClient(endpoint);
  onTestFinished(() => stop(0));
  return {
    stream,
    endpoint,
    client,
    call: (operation: string, input: unknown) => call(endpoint, operation, input),
  };
}

export function makeKinesisClient(endpoint: string): KinesisClient {
  const client = new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** Sends a request that an SDK may refuse to send, by HTTP/1.1. */
async function call(endpoint: string, operation: string, input: unknown) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/kinesis/aws4_request',
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Kinesis_20131202.${operation}`,
    },
    body: JSON.stringify(input),
  });
  const json = JSON.parse(await response.text());
  return { status: response.status, json, error: `${json.__type}: ${json.message ?? json.Message}` };
}
