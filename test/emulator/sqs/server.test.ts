import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenOnLoopback } from '../../../lib/emulator/firehose/server.ts';
import { LocalQueue } from '../../../lib/emulator/sqs/queue.ts';
import { createSqsListener } from '../../../lib/emulator/sqs/server.ts';

const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/work';

async function startQueue() {
  const queue = new LocalQueue({ queueName: 'work', visibilityTimeoutMs: 1_000, maxReceiveCount: 2 });
  const server = createServer(createSqsListener(queue));
  const client = new SQSClient({
    endpoint: await listenOnLoopback(server, 0),
    useQueueUrlAsEndpoint: false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { queue, client, server };
}

const entries = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ Id: String(index), MessageBody: `body ${index}` }));

describe('the embedded SQS', () => {
  it("takes a batch from the SDK, which checks each message's MD5", async () => {
    // Prepare
    const { queue, client } = await startQueue();

    // Act
    const response = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(10) }));

    // Assess
    expect(response.Failed ?? []).toEqual([]);
    expect(response.Successful?.map(({ Id }) => Id)).toEqual(entries(10).map(({ Id }) => Id));
    expect(queue.receive(10).map(({ body }) => body)).toEqual(
      entries(10).map(({ MessageBody }) => MessageBody),
    );
  });

  it.each([
    ['more than ten messages', { QueueUrl, Entries: entries(11) }, 'InvalidParameterValue'],
    ['no message', { QueueUrl, Entries: [] }, 'InvalidParameterValue'],
    ['another queue', { QueueUrl: `${QueueUrl}-2`, Entries: entries(1) }, 'QueueDoesNotExist'],
  ])('refuses %s', async (_what, input, name) => {
    // Prepare
    const { queue, client } = await startQueue();

    // Act
    const sent = client.send(new SendMessageBatchCommand(input));

    // Assess
    await expect(sent).rejects.toMatchObject({ name });
    expect(queue.isEmpty).toBe(true);
  });

  it('refuses what it does not know', async () => {
    // Prepare
    const { client } = await startQueue();

    // Act
    const received = client.send(new ReceiveMessageCommand({ QueueUrl }));

    // Assess
    await expect(received).rejects.toThrow('Only SendMessageBatch is here.');
  });

  it('goes on when a client is gone in the middle of its request', async () => {
    // Prepare
    const { queue, client, server } = await startQueue();
    const { hostname, port } = await client.config.endpoint!();
    const socket = connect(port!, hostname);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf');
    const [request] = await once(server, 'request');

    // Act
    socket.destroy();
    await new Promise((resolve) => request.once('close', resolve));
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(1) }));

    // Assess
    expect(queue.size).toBe(1);
  });
});
