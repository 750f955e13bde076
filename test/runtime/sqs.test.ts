import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SendMessages } from '../../lambda/runtime/batches.ts';
import { createChangeVisibility, createQueueClient, createSendMessages } from '../../lambda/runtime/sqs.ts';
import { failing, pointSdkAt, responding, startServer, type TestServer } from '../producer/servers.ts';

const queueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/my-queue';

const bodies = ['{"runId":"run-1","from":0,"to":10}', '{"runId":"run-1","from":10,"to":20}', '"äöü"'];

const messages = bodies.map((body) => ({ body }));

/** The result for a message that SQS took. */
function successful(place: number) {
  const body = bodies[place]!;
  const MD5OfMessageBody = createHash('md5').update(body).digest('hex');
  return { Id: String(place), MessageId: `message-${place}`, MD5OfMessageBody };
}

/** The result for a message that SQS did not take. */
function refused(place: number, Code: string, SenderFault: boolean) {
  return { Id: String(place), Code, Message: 'as SQS would say', SenderFault };
}

describe('a call that sends messages through the real SDK', () => {
  let server: TestServer;
  let listener: RequestListener;
  let sendMessages: SendMessages;
  const { signal } = new AbortController();

  beforeEach(async () => {
    server = await startServer((request, response) => listener(request, response));
    pointSdkAt(server);
    sendMessages = createSendMessages(createQueueClient(), queueUrl);
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  /** Responds with a body, and keeps the text of the request. */
  function receiveAndRespond(body: object) {
    const received = { text: '' };
    listener = (request, response) => {
      request.on('data', (chunk) => {
        received.text += chunk;
      });
      responding(200, body)(request, response);
    };
    return received;
  }

  it('sends each body as a message, to the endpoint and not to where the URL of the queue points', async () => {
    // Prepare
    const received = receiveAndRespond({ Successful: [0, 1, 2].map(successful) });

    // Act
    const response = await sendMessages(messages, signal);

    // Assess
    expect(response).toEqual({ kind: 'decided', taken: [0, 1, 2], again: [] });
    expect(JSON.parse(received.text)).toEqual({
      QueueUrl: queueUrl,
      Entries: bodies.map((MessageBody, place) => ({ Id: String(place), MessageBody })),
    });
  });

  it('says in an attribute what a message was made for', async () => {
    // Prepare
    const received = receiveAndRespond({ Successful: [successful(0)] });

    // Act
    await sendMessages([{ body: bodies[0]!, madeFor: '{"deliveryStreamName":"a"}' }], signal);

    // Assess
    expect(JSON.parse(received.text).Entries[0].MessageAttributes).toEqual({
      MadeFor: { DataType: 'String', StringValue: '{"deliveryStreamName":"a"}' },
    });
  });

  it('lets messages wait for the given delay', async () => {
    // Prepare
    const received = receiveAndRespond({ Successful: [successful(0)] });

    // Act
    await createSendMessages(createQueueClient(), queueUrl, 90)(messages.slice(0, 1), signal);

    // Assess
    expect(JSON.parse(received.text).Entries).toEqual([
      { Id: '0', MessageBody: bodies[0], DelaySeconds: 90 },
    ]);
  });

  it('makes messages invisible by their receipt handles', async () => {
    // Prepare
    const received = receiveAndRespond({ Successful: [{ Id: '0' }], Failed: [refused(1, 'Busy', false)] });
    const pauses = [30, 900].map((seconds, place) => ({ receiptHandle: `receipt-${place}`, seconds }));

    // Act
    const response = await createChangeVisibility(createQueueClient(), queueUrl)(pauses, signal);

    // Assess
    expect(response).toMatchObject({ kind: 'decided', taken: [0], again: [1] });
    expect(JSON.parse(received.text)).toEqual({
      QueueUrl: queueUrl,
      Entries: [
        { Id: '0', ReceiptHandle: 'receipt-0', VisibilityTimeout: 30 },
        { Id: '1', ReceiptHandle: 'receipt-1', VisibilityTimeout: 900 },
      ],
    });
  });

  it('may send again what the queue could not take, and not what is wrong with the sender', async () => {
    // Prepare
    listener = responding(200, {
      Successful: [successful(1)],
      Failed: [refused(0, 'InternalError', false), refused(2, 'InvalidMessageContents', true)],
    });

    // Act
    const response = await sendMessages(messages, signal);

    // Assess
    expect(response).toMatchObject({ kind: 'decided', taken: [1], again: [0] });
    expect(response.cause?.message).toBe('2 of 3 messages: InternalError: as SQS would say');
  });

  it.each([
    ['some messages', { Successful: [successful(2)] }, [2], [0, 1], '2 of 3 messages'],
    ['all messages', {}, [], [0, 1, 2], '3 of 3 messages'],
    ['all messages, being null', null, [], [0, 1, 2], '3 of 3 messages'],
    ['all messages, with lists', { Successful: [], Failed: [] }, [], [0, 1, 2], '3 of 3 messages'],
  ])('sends again when a response leaves out %s', async (_, body, taken, again, message) => {
    // Prepare
    listener = responding(200, body);

    // Act
    const response = await sendMessages(messages, signal);

    // Assess
    expect(response).toMatchObject({ kind: 'decided', taken, again });
    expect(response.cause?.message).toBe(`${message}: Unknown: neither taken nor refused`);
  });

  it('does not take a message of another place for one of its own', async () => {
    // Prepare
    listener = responding(200, {
      Successful: [successful(0), { ...successful(1), Id: '17' }, { ...successful(2), Id: 'x' }],
    });

    // Act
    const response = await sendMessages(messages, signal);

    // Assess
    expect(response).toMatchObject({ taken: [0], again: [1, 2], cause: expect.any(Error) });
  });

  it.each([
    ['empty ids', [{ ...successful(0), Id: '' }], []],
    ['ids in other digits', [{ ...successful(0), Id: '0x0' }], []],
    ['an id that it refuses, too', [successful(0)], [refused(0, 'Busy', false)]],
  ])('does not take a message for sent after %s', async (_, Successful, Failed) => {
    // Prepare
    listener = responding(200, { Successful, Failed });

    // Act
    const response = await sendMessages(messages.slice(0, 1), signal);

    // Assess
    expect(response).toMatchObject({ taken: [], again: [0], cause: expect.any(Error) });
  });

  it.each([
    ['AccessDenied', 403],
    ['QueueDoesNotExist', 400],
    ['ExpiredTokenException', 400],
  ])('is fatal after %s, which no retry can fix', async (errorType, status) => {
    // Prepare
    listener = failing(status, errorType);

    // Act
    const response = await sendMessages(messages, signal);

    // Assess
    expect(response).toMatchObject({ kind: 'fatal', taken: [], again: [] });
    expect(response.cause?.message).toBe(`${errorType}: as AWS would say`);
  });

  it.each([
    ['throttling', 'rejected', failing(400, 'ThrottlingException')],
    ['500', 'lost', failing(500, 'InternalError')],
    [
      'a checksum of something else',
      'lost',
      responding(200, { Successful: [{ ...successful(0), MD5OfMessageBody: 'f'.repeat(32) }] }),
    ],
    ['JSON with a text for a list', 'lost', responding(200, { Successful: 'abc' })],
    ['a list of null', 'lost', responding(200, { Successful: [null, null, null] })],
  ] satisfies [string, string, RequestListener][])(
    'sends everything again after %s, which is %s',
    async (_, kind, respond) => {
      listener = respond;
      const response = await sendMessages(messages, signal);
      expect(response).toMatchObject({ kind, taken: [], again: [0, 1, 2], cause: expect.any(Error) });
    },
  );

  it('ends at once, without a response, when it is aborted', async () => {
    // Prepare
    listener = () => {};
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);

    // Act
    const response = await sendMessages(messages, abort.signal);

    // Assess
    expect(response).toMatchObject({ kind: 'lost', taken: [], again: [0, 1, 2] });
    expect(response.cause?.message).toBe(`no response in time from ${server.host}`);
  });

  it('makes one call: retrying is not left to the SDK', async () => {
    listener = failing(500, 'InternalError');
    await sendMessages(messages, signal);
    expect(server.requests()).toBe(1);
  });
});
