import type { RequestListener } from 'node:http';
import type { MiddlewareStack } from '@smithy/types';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { targets } from '../../../../lambda/contract/targets.ts';
import * as firehose from '../../../../lambda/producer/delivery/aws/firehose.ts';
import * as kinesis from '../../../../lambda/producer/delivery/aws/kinesis.ts';
import type { PutRecords } from '../../../../lambda/producer/delivery/aws/put-records.ts';
import type { RecordBatch } from '../../../../lambda/producer/packing/records.ts';
import { recordsOf } from '../../factories.ts';
import {
  cutting,
  failing,
  pointSdkAt,
  responding,
  respondingPage,
  respondingText,
  startServer,
  type TestServer,
} from '../../servers.ts';

const shardId = 'shardId-000000000000';

type OnBody = (body: Buffer) => void;

/** The real call of a service, with a look at the body of each request. */
function sdkOf<Client extends { readonly middlewareStack: object }>({
  createClient,
  createPutRecords,
}: {
  readonly createClient: (concurrency: number) => Client;
  readonly createPutRecords: (client: Client, streamName: string) => PutRecords;
}) {
  return (onBody?: OnBody): PutRecords => {
    const client = createClient(2);
    const stack = client.middlewareStack as MiddlewareStack<never, never>;
    stack.add(
      (next) => (args) => {
        onBody?.((args.request as { body: Buffer }).body);
        return next(args);
      },
      { step: 'finalizeRequest' },
    );
    return createPutRecords(client, 'my-stream');
  };
}

/** The services: how they are called, and how they respond. */
const services = [
  {
    service: 'firehose',
    sdk: sdkOf(firehose),
    results: 'RequestResponses',
    count: 'FailedPutCount',
    stored: { RecordId: 'x' },
    shards: {},
    body: (batch: RecordBatch) => ({
      DeliveryStreamName: 'my-stream',
      Records: batch.map(({ data }) => ({ Data: data.toString('base64') })),
    }),
  },
  {
    service: 'kinesis',
    sdk: sdkOf(kinesis),
    results: 'Records',
    count: 'FailedRecordCount',
    stored: { SequenceNumber: '1', ShardId: shardId },
    shards: { shards: [shardId, shardId, shardId] },
    body: (batch: RecordBatch) => ({
      StreamName: 'my-stream',
      Records: batch.map(({ from, data }) => ({
        Data: data.toString('base64'),
        PartitionKey: String(from),
        ExplicitHashKey: expect.stringMatching(/^\d{1,39}$/),
      })),
    }),
  },
] as const;

describe.each(services)(
  'one request to $service through the real SDK',
  ({ service, sdk, body, shards, ...names }) => {
    const { title, quotaError } = targets[service];
    const decided = (results: unknown, refused: unknown) => ({
      [names.count]: refused,
      [names.results]: results,
    });
    const batch = recordsOf({ slice: { from: 0, to: 3 }, recordFormat: 'single' });
    const stored = batch.map(() => names.stored);
    let server: TestServer;
    let putRecords: PutRecords;
    let listener: RequestListener;
    const { signal } = new AbortController();

    beforeEach(async () => {
      server = await startServer((request, response) => listener(request, response));
      pointSdkAt(server);
      putRecords = sdk();
    });

    afterEach(async () => {
      vi.unstubAllEnvs();
      await server.stop();
    });

    it('says that nothing was refused when the target took every record', async () => {
      // Prepare
      let received = '';
      listener = (request, response) => {
        request.on('data', (chunk) => {
          received += chunk;
        });
        responding(200, decided(stored, 0))(request, response);
      };

      // Act
      const response = await putRecords(batch, signal);

      // Assess
      expect(response).toEqual({ kind: 'decided', refused: [], throttled: [], ...shards });
      expect(JSON.parse(received)).toEqual(body(batch));
    });

    it.each([
      ['decided', responding(200, decided(stored, 0)), true],
      ['lost', respondingText(200, '{"FailedPu'), false],
      ['rejected', failing(400, 'LimitExceededException'), false],
    ] as const)(
      'writes over the body of an earlier request only when that was decided: it was %s',
      async (_, first, isWrittenOver) => {
        // Prepare
        const bodies: Buffer[] = [];
        const put = sdk((sent) => bodies.push(sent));
        listener = first;
        await put(batch, signal);
        const text = bodies[0]!.toString();

        // Act
        await put(batch.slice(1), signal);

        // Assess
        expect(bodies[1]!.buffer === bodies[0]!.buffer).toBe(isWrittenOver);
        expect(bodies[0]!.toString() === text).toBe(!isWrittenOver);
      },
    );

    it('names the records that the target refused with HTTP 200, which of them can mean the quota, and why', async () => {
      // Prepare
      listener = responding(
        200,
        decided(
          [
            { ErrorCode: quotaError, ErrorMessage: 'Slow down.' },
            stored[0],
            { ErrorCode: 'InternalFailure', ErrorMessage: 'Oh.' },
          ],
          2,
        ),
      );

      // Act
      const response = await putRecords(batch, signal);

      // Assess
      expect(response).toMatchObject({ kind: 'decided', refused: [0, 2], throttled: [0] });
      expect(response.cause?.message).toBe(`${quotaError}: Slow down.`);
    });

    it.each([
      ['500', 'lost', failing(500, 'InternalFailure')],
      ['503', 'rejected', failing(503, 'ServiceUnavailableException')],
      ['throttling', 'rejected', failing(400, 'ThrottlingException')],
      ['throttling by KMS', 'rejected', failing(400, 'KMSThrottlingException')],
      ['the 200 page of a proxy', 'lost', respondingPage(200, '<html>yes</html>')],
      ['a whole response that announced more', 'lost', cutting(JSON.stringify(decided(stored, 0)), 1_000)],
      [
        'a response whose end is missing',
        'lost',
        respondingText(200, JSON.stringify(decided(stored, 0)).slice(0, -9)),
      ],
      ['an empty response', 'lost', respondingText(200, '')],
      [
        'a response that is no HTTP',
        'lost',
        (request) => request.resume().on('end', () => request.socket.end('?\n')),
      ],
    ] satisfies [string, string, RequestListener][])(
      'asks to send all records again after %s, which is %s',
      async (_, kind, respond) => {
        listener = respond;
        const response = await putRecords(batch, signal);
        expect(response).toMatchObject({ kind, refused: [0, 1, 2], throttled: [], cause: expect.any(Error) });
      },
    );

    it('ends at once, without a response, when it is aborted', async () => {
      // Prepare
      listener = () => {};
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 50);

      // Act
      const response = await putRecords(batch, abort.signal);

      // Assess
      expect(response).toMatchObject({ kind: 'lost', refused: [0, 1, 2] });
    });

    it.each([
      ['ResourceNotFoundException'],
      ['AccessDeniedException'],
      ['ValidationException'],
      ['InvalidKMSResourceException'],
      ['KMSAccessDeniedException'],
      ['UnrecognizedClientException'],
      ['ExpiredTokenException'],
    ])('is fatal after %s, which no retry can fix, with its name in the message', async (errorType) => {
      // Prepare
      listener = failing(400, errorType);

      // Act
      const response = await putRecords(batch, signal);

      // Assess
      expect(response).toMatchObject({ kind: 'fatal', refused: [0, 1, 2], throttled: [] });
      expect(response.cause?.message).toBe(`${errorType}: as AWS would say`);
    });

    it('sends a request once: retrying is not left to the SDK', async () => {
      listener = failing(500, 'InternalFailure');
      await putRecords(batch, signal);
      expect(server.requests()).toBe(1);
    });

    it.each([
      [
        'for fewer records than were sent',
        decided([{ ErrorCode: 'InternalFailure' }], 1),
        'decided over 1 of 3 records and refused 1 of them, but says that it refused 1',
      ],
      [
        'for more records than were sent',
        decided([...stored, ...stored], 0),
        'decided over 6 of 3 records and refused 0 of them, but says that it refused 0',
      ],
      ['for none', {}, 'decided over 0 of 3 records and refused 0 of them, but says that it refused 0'],
      [
        'without ids',
        decided([{}, {}, {}], 0),
        'decided over 3 of 3 records and refused 3 of them, but says that it refused 0',
      ],
      [
        'that contradicts itself',
        decided(stored, 2),
        'decided over 3 of 3 records and refused 0 of them, but says that it refused 2',
      ],
    ])('takes a response %s for a lost one', async (_, body, message) => {
      // Prepare
      listener = responding(200, body);

      // Act
      const response = await putRecords(batch, signal);

      // Assess
      expect(response).toMatchObject({ kind: 'lost', refused: [0, 1, 2], throttled: [] });
      expect(response.cause?.message).toBe(`${title} ${message}`);
    });

    it.each([
      ['null', null],
      ['a text', 'ok'],
      ['a number', 42],
      ['a list', [1, 2, 3]],
      ['other properties', { status: 'ok', items: [] }],
      ['a text for a list', decided('abc', 0)],
      ['an object for a list', decided({ 0: stored[0] }, 0)],
      ['a list of null', decided([null, null, null], 0)],
      ['a list of texts', decided(['x', 'x', 'x'], 0)],
      ['a text for a number', decided(stored, 'none')],
    ])('takes JSON that is %s for a lost response', async (_, body) => {
      // Prepare
      listener = responding(200, body);

      // Act
      const response = await putRecords(batch, signal);

      // Assess
      expect(response).toMatchObject({
        kind: 'lost',
        refused: [0, 1, 2],
        throttled: [],
        cause: expect.any(Error),
      });
    });
  },
);
