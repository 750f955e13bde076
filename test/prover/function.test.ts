import { createHash } from 'node:crypto';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyPrefixes } from '../../lambda/prover/objects/key-prefix.ts';
import { pointSdkAt, startServer, type TestServer } from '../producer/servers.ts';
import { type StandIn, type StandInState, startStandIn } from '../proof/aws-stand-in.ts';
import { createGzip, createLines, createRun } from '../proof/factories.ts';
import { createClaim, eventOf, proverEnvironment } from './factories.ts';

/** A call to SQS, as it arrives. */
interface QueueCall {
  readonly action: string;
  readonly body: { readonly QueueUrl: string; readonly Entries: readonly Record<string, unknown>[] };
}

/** When the events of these tests were sent: long enough ago to be lost, by the real clock. */
const sentMs = Math.floor(Date.now() / 1_000) * 1_000 - 30 * 3_600_000;

const key = (name: string) => createKeyPrefixes({ prefix: proverEnvironment.PREFIX })(sentMs)[0] + name;

const claim = createClaim({ sentFromMs: sentMs, sentToMs: sentMs });

describe('the function, through the real SDK', () => {
  let bucket: StandIn;
  let state: StandInState;
  let queue: TestServer;
  let calls: QueueCall[];
  let handler: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
  /** Ids of the entries that SQS refuses for good. */
  let refused: string[];
  /** A response that SQS never sends. */
  let oddResponse: object | undefined;

  beforeEach(async () => {
    state = { objects: new Map() };
    bucket = await startStandIn(state);
    calls = [];
    refused = [];
    oddResponse = undefined;
    queue = await startServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as QueueCall['body'];
        calls.push({ action: String(request.headers['x-amz-target']), body });
        const isRefused = (entry: Record<string, unknown>) => refused.includes(String(entry.Id));
        const Failed = body.Entries.filter(isRefused).map(({ Id }) => ({
          Id,
          Code: 'Invalid',
          SenderFault: true,
        }));
        const Successful = body.Entries.filter((entry) => !isRefused(entry)).map(({ Id, MessageBody }) => ({
          Id,
          ...(MessageBody !== undefined && {
            MD5OfMessageBody: createHash('md5').update(String(MessageBody)).digest('hex'),
          }),
        }));
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(JSON.stringify(oddResponse ?? { Successful, Failed }));
      });
    });
    pointSdkAt(queue);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', bucket.endpointUrl);
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
    for (const [name, value] of Object.entries(proverEnvironment)) {
      vi.stubEnv(name, value);
    }
    vi.resetModules();
    ({ handler } = await import('../../lambda/prover/handler.ts'));
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    bucket.close();
    await queue.stop();
  });

  const check = (bodies: readonly object[], timeMs = 20_000) =>
    handler(eventOf(bodies, 1, Date.now()), {
      getRemainingTimeInMillis: () => timeMs,
      functionName: 'prover',
      memoryLimitInMB: '256',
    } as Context);

  it('proves a claim from objects on several pages', async () => {
    // Prepare
    const lines = createLines(createRun(), sentMs);
    for (let part = 0; part < 5; part += 1) {
      const body = createGzip(lines.slice(part * 20, part * 20 + 20));
      state.objects.set(key(`object-${part}.gz`), { body, landedAtMs: sentMs + 30_000 });
    }

    // Act
    const response = await check([claim]);

    // Assess
    expect(response).toEqual({ batchItemFailures: [] });
    expect(calls).toEqual([]);
    expect(bucket.requests.some((request) => request.includes('continuation-token'))).toBe(true);
    expect(bucket.requests.filter((request) => request.includes('object-'))).toHaveLength(5);
  });

  it('proves events by their UUIDs alone where the deployment says so', async () => {
    // Prepare
    vi.stubEnv('MATCH', 'id');
    vi.resetModules();
    ({ handler } = await import('../../lambda/prover/handler.ts'));
    const body = Buffer.from(createLines(createRun()).join('').replaceAll('test', 'changed'));
    state.objects.set(key('object'), { body, landedAtMs: sentMs + 30_000 });

    // Act
    const response = await check([claim]);

    // Assess
    expect([response, calls]).toEqual([{ batchItemFailures: [] }, []]);
  });

  it('lets the queue deliver a claim again later, and sends what is lost to the dead-letter queue', async () => {
    // Prepare: long after the events, whose second half is missing; and events of a moment ago.
    state.objects.set(key('object'), {
      body: Buffer.from(createLines(createRun(), sentMs).slice(0, 50).join('')),
      landedAtMs: sentMs + 30_000,
    });
    const lateMs = Date.now() - 100_000;

    // Act
    const response = await check([
      createClaim({ runId: 'late', sentFromMs: lateMs, sentToMs: lateMs }),
      claim,
    ]);

    // Assess
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
    expect(calls).toEqual([
      {
        action: 'AmazonSQS.SendMessageBatch',
        body: {
          QueueUrl: proverEnvironment.DEAD_LETTER_QUEUE_URL,
          Entries: [{ Id: '0', MessageBody: '{"runId":"run-1","from":50,"to":100}' }],
        },
      },
      {
        action: 'AmazonSQS.ChangeMessageVisibilityBatch',
        body: {
          QueueUrl: proverEnvironment.PROOF_QUEUE_URL,
          Entries: [{ Id: '0', ReceiptHandle: 'receipt-0', VisibilityTimeout: 30 }],
        },
      },
    ]);
  });

  it('keeps a claim whose losses the dead-letter queue did not take', async () => {
    // Prepare
    refused = ['0'];

    // Act
    const response = await check([claim]);

    // Assess
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
    expect(calls.filter(({ action }) => action.endsWith('SendMessageBatch'))).toHaveLength(1);
  });

  it.each([
    ['nothing', {}],
    ['an empty id', { Successful: [{ Id: '' }] }],
  ])('keeps a claim when the dead-letter queue responds with %s', async (_, odd) => {
    // Prepare
    oddResponse = odd;

    // Act
    const response = await check([claim], 1_000);

    // Assess
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
  });

  it('keeps a claim when an object is shorter than it was listed, and fails', async () => {
    // Prepare
    const body = createGzip(createLines());
    state.objects.set(key('object'), {
      body: body.subarray(0, 100),
      listedBytes: body.length,
      landedAtMs: sentMs + 30_000,
    });

    // Act and assess
    await expect(check([claim])).rejects.toThrow(`expected ${body.length} bytes, got 100`);
    expect(calls.filter(({ action }) => action.endsWith('SendMessageBatch'))).toEqual([]);
  });

  it('keeps a claim when an object breaks off, and fails', async () => {
    // Prepare
    state.objects.set(key('object'), {
      body: Buffer.from(createLines(createRun(), sentMs).join('')),
      landedAtMs: sentMs + 30_000,
      breakAfterBytes: 1_000,
    });

    // Act and assess
    await expect(check([claim])).rejects.toThrow(/could be settled: reading .*object/);
  });

  it('keeps a claim when the bucket may not be listed, and fails', async () => {
    state.isListable = false;
    await expect(check([claim])).rejects.toThrow('AccessDenied');
  });
});
