import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenOnLoopback } from '../../../lib/emulator/loopback-server.ts';
import { LocalQueue } from '../../../lib/emulator/sqs/queue.ts';
import { createSqsListener } from '../../../lib/emulator/sqs/server.ts';

const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/work';

const delayed = { QueueUrl, Entries: [{ Id: 'a', MessageBody: 'a', DelaySeconds: 901 }] };

async function startQueue() {
  const queue = new LocalQueue({ queueName: 'work', visibilityTimeoutMs: 1_000, maxReceiveCount: 2 });
  const proofQueue = new LocalQueue({ queueName: 'proof', visibilityTimeoutMs: 1_000 });
  const server = createServer(createSqsListener([queue, proofQueue]));
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
  return { queue, proofQueue, client, server };
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

  it('keeps the attributes of a message, with the names that Lambda gives them', async () => {
    // Prepare
    const { queue, client } = await startQueue();
    const MessageAttributes = { MadeFor: { DataType: 'String', StringValue: '{}' } };

    // Act
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'body', MessageAttributes }));

    // Assess
    expect(queue.receive(1)).toMatchObject([
      { messageAttributes: { MadeFor: { dataType: 'String', stringValue: '{}' } } },
    ]);
  });

  it.each([
    ['more than ten messages', { QueueUrl, Entries: entries(11) }, 'InvalidParameterValue'],
    ['a delay of more than 15 minutes', delayed, 'InvalidParameterValue'],
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

  it("sends each message to its URL's queue, with its delay", async () => {
    // Prepare
    const { queue, proofQueue, client } = await startQueue();
    const proof = QueueUrl.replace('work', 'proof');

    // Act
    await client.send(new SendMessageCommand({ QueueUrl: proof, MessageBody: 'one', DelaySeconds: 900 }));
    await client.send(
      new SendMessageBatchCommand({
        QueueUrl: proof,
        Entries: [{ Id: 'a', MessageBody: 'two', DelaySeconds: 900 }, ...entries(1)],
      }),
    );

    // Assess
    expect(queue.isEmpty).toBe(true);
    expect(proofQueue.bodies).toEqual(['one', 'two', 'body 0']);
    expect(proofQueue.receive(10).map(({ body }) => body)).toEqual(['body 0']);
  });

  it('changes how long messages stay invisible, and says which ones are gone', async () => {
    // Prepare
    const { queue, client } = await startQueue();
    const ReceiptHandle = queue.send('a');
    const change = (handle: string) => ({ ReceiptHandle: handle, VisibilityTimeout: 43_200 });

    // Act
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ...change(ReceiptHandle) }));
    const hidden = queue.visible;
    const { Successful, Failed } = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', ...change(ReceiptHandle) },
          { Id: 'b', ...change('gone') },
        ],
      }),
    );
    const gone = client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ...change('gone') }));

    // Assess
    await expect(gone).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
    expect(hidden).toBe(0);
    expect(Successful).toEqual([{ Id: 'a' }]);
    expect(Failed).toMatchObject([{ Id: 'b', SenderFault: true, Code: 'ReceiptHandleIsInvalid' }]);
  });

  it('refuses what it does not know', async () => {
    // Prepare
    const { client } = await startQueue();

    // Act
    const received = client.send(new ReceiveMessageCommand({ QueueUrl }));

    // Assess
    await expect(received).rejects.toThrow(
      'Only SendMessage, SendMessageBatch, ChangeMessageVisibility, ChangeMessageVisibilityBatch are supported.',
    );
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
