import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient, createPutRecords } from '../../../../lambda/producer/delivery/aws/firehose.ts';
import type { PutRecords } from '../../../../lambda/producer/delivery/aws/put-records.ts';
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

describe('one request through the real SDK', () => {
  const batch = recordsOf({ slice: { from: 0, to: 3 }, recordFormat: 'single' });
  const stored = batch.map(() => ({ RecordId: 'x' }));
  let server: TestServer;
  let putRecords: PutRecords;
  let listener: RequestListener;
  const { signal } = new AbortController();

  beforeEach(async () => {
    server = await startServer((request, response) => listener(request, response));
    pointSdkAt(server);
    putRecords = createPutRecords(createClient(2), 'my-stream');
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  it('says that nothing was refused when Firehose took every record', async () => {
    // Prepare
    let received = '';
    listener = (request, response) => {
      request.on('data', (chunk) => {
        received += chunk;
      });
      responding(200, { FailedPutCount: 0, RequestResponses: stored })(request, response);
    };

    // Act
    const response = await putRecords(batch, signal);

    // Assess
    expect(response).toEqual({ kind: 'decided', refused: [], throttled: [] });
    expect(JSON.parse(received)).toEqual({
      DeliveryStreamName: 'my-stream',
      Records: batch.map(({ data }) => ({ Data: data.toString('base64') })),
    });
  });

  it.each([
    ['decided', responding(200, { FailedPutCount: 0, RequestResponses: stored }), true],
    ['lost', respondingText(200, '{"FailedPu'), false],
    ['rejected', failing(400, 'LimitExceededException'), false],
  ] as const)(
    'writes over the body of an earlier request only when that was decided: it was %s',
    async (_, first, isWrittenOver) => {
      // Prepare
      const bodies: Buffer[] = [];
      const client = createClient(2);
      client.middlewareStack.add(
        (next) => (args) => {
          bodies.push((args.request as { body: Buffer }).body);
          return next(args);
        },
        { step: 'finalizeRequest' },
      );
      const put = createPutRecords(client, 'my-stream');
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

  it('names the records that Firehose refused with HTTP 200, which of them can mean the quota, and why', async () => {
    // Prepare
    listener = responding(200, {
      FailedPutCount: 2,
      RequestResponses: [
        { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' },
        { RecordId: 'x' },
        { ErrorCode: 'InternalFailure', ErrorMessage: 'Oh.' },
      ],
    });

    // Act
    const response = await putRecords(batch, signal);

    // Assess
    expect(response).toMatchObject({ kind: 'decided', refused: [0, 2], throttled: [0] });
    expect(response.cause?.message).toBe('ServiceUnavailableException: Slow down.');
  });

  it.each([
    ['500', 'lost', failing(500, 'InternalFailure')],
    ['503', 'rejected', failing(503, 'ServiceUnavailableException')],
    ['throttling', 'rejected', failing(400, 'ThrottlingException')],
    ['the 200 page of a proxy', 'lost', respondingPage(200, '<html>yes</html>')],
    [
      'a whole response that announced more',
      'lost',
      cutting(JSON.stringify({ FailedPutCount: 0, RequestResponses: stored }), 1_000),
    ],
    [
      'a response whose end is missing',
      'lost',
      respondingText(200, JSON.stringify({ FailedPutCount: 0, RequestResponses: stored }).slice(0, -9)),
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
      { FailedPutCount: 1, RequestResponses: [{ ErrorCode: 'InternalFailure' }] },
      'decided over 1 of 3 records and refused 1 of them, but says that it refused 1',
    ],
    [
      'for more records than were sent',
      { FailedPutCount: 0, RequestResponses: [...stored, ...stored] },
      'decided over 6 of 3 records and refused 0 of them, but says that it refused 0',
    ],
    ['for none', {}, 'decided over 0 of 3 records and refused 0 of them, but says that it refused 0'],
    [
      'without ids',
      { FailedPutCount: 0, RequestResponses: [{}, {}, {}] },
      'decided over 3 of 3 records and refused 3 of them, but says that it refused 0',
    ],
    [
      'that contradicts itself',
      { FailedPutCount: 2, RequestResponses: stored },
      'decided over 3 of 3 records and refused 0 of them, but says that it refused 2',
    ],
  ])('takes a response %s for a lost one', async (_, body, message) => {
    // Prepare
    listener = responding(200, body);

    // Act
    const response = await putRecords(batch, signal);

    // Assess
    expect(response).toMatchObject({ kind: 'lost', refused: [0, 1, 2], throttled: [] });
    expect(response.cause?.message).toBe(`Firehose ${message}`);
  });

  it.each([
    ['null', null],
    ['a text', 'ok'],
    ['a number', 42],
    ['a list', [1, 2, 3]],
    ['other properties', { status: 'ok', items: [] }],
    ['a text for a list', { FailedPutCount: 0, RequestResponses: 'abc' }],
    ['an object for a list', { FailedPutCount: 0, RequestResponses: { 0: { RecordId: 'x' } } }],
    ['a list of null', { FailedPutCount: 0, RequestResponses: [null, null, null] }],
    ['a list of texts', { FailedPutCount: 0, RequestResponses: ['x', 'x', 'x'] }],
    ['a text for a number', { FailedPutCount: 'none', RequestResponses: stored }],
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
});
