import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFirehoseClient, createPutRecords, type PutRecords } from '../../lambda/producer/firehose.ts';
import { recordsOf } from './factories.ts';

/** Responds as Firehose does: a JSON document with a status, and its error type, if any, in a header. */
function responding(status: number, body: object, errorType?: string): RequestListener {
  return (request, response) => {
    request.resume().on('end', () => {
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        ...(errorType && { 'x-amzn-errortype': errorType }),
      });
      response.end(JSON.stringify(body));
    });
  };
}

const failing = (status: number, errorType: string) =>
  responding(status, { __type: errorType, message: 'as AWS would say' }, errorType);

describe('one request through the real SDK', () => {
  const batch = recordsOf({ slice: { from: 0, to: 3 }, recordFormat: 'single' });
  let server: Server;
  let putRecords: PutRecords;
  let listener: RequestListener;
  const { signal } = new AbortController();

  beforeEach(async () => {
    server = createServer((request, response) => listener(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env.AWS_REGION = 'us-east-1';
    process.env.AWS_ACCESS_KEY_ID = 'local';
    process.env.AWS_SECRET_ACCESS_KEY = 'local';
    putRecords = createPutRecords(createFirehoseClient(2), 'my-stream');
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('says that nothing was refused when Firehose took every record', async () => {
    // Prepare
    let received = '';
    listener = (request, response) => {
      request.on('data', (chunk) => {
        received += chunk;
      });
      responding(200, { FailedPutCount: 0, RequestResponses: batch.map(() => ({ RecordId: 'x' })) })(
        request,
        response,
      );
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
    ['a page of a proxy', 'lost', responding(502, {})],
    ['a connection cut before the response', 'lost', (request) => request.socket.destroy()],
    [
      'a connection cut within the response',
      'lost',
      (request, response) => {
        response.writeHead(200, { 'content-length': 1_000 });
        response.write('{"FailedPut');
        setTimeout(() => request.socket.destroy(), 20);
      },
    ],
  ] satisfies [string, string, RequestListener][])(
    'asks to send all records again after %s, which is %s',
    async (_, kind, respond) => {
      // Prepare
      listener = respond;

      // Act
      const response = await putRecords(batch, signal);

      // Assess
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

  it('asks to send all records again when nobody listens', async () => {
    // Prepare
    server.close();

    // Act
    const response = await putRecords(batch, signal);

    // Assess
    expect(response).toMatchObject({ kind: 'rejected', refused: [0, 1, 2] });
    expect(response.cause?.message).toContain('ECONNREFUSED');
  });

  it.each([
    ['ResourceNotFoundException'],
    ['AccessDeniedException'],
    ['ValidationException'],
    ['InvalidKMSResourceException'],
    ['UnrecognizedClientException'],
  ])('throws %s, which no retry can fix, with its name in the message', async (errorType) => {
    // Prepare
    listener = failing(400, errorType);

    // Act
    const response = putRecords(batch, signal);

    // Assess
    await expect(response).rejects.toThrow(`${errorType}: as AWS would say`);
  });

  it('sends a request once: retrying is not left to the SDK', async () => {
    // Prepare
    let requests = 0;
    listener = (request, response) => {
      requests += 1;
      failing(500, 'InternalFailure')(request, response);
    };

    // Act
    await putRecords(batch, signal);

    // Assess
    expect(requests).toBe(1);
  });

  it.each([
    [
      'for fewer records than were sent',
      { FailedPutCount: 1, RequestResponses: [{ ErrorCode: 'InternalFailure' }] },
    ],
    ['for none', {}],
    ['without ids', { FailedPutCount: 0, RequestResponses: [{}, {}, {}] }],
    [
      'that contradicts itself',
      { FailedPutCount: 2, RequestResponses: batch.map(() => ({ RecordId: 'x' })) },
    ],
  ])('never takes a response %s for an acknowledgement', async (_, body) => {
    // Prepare
    listener = responding(200, body);

    // Act
    const response = putRecords(batch, signal);

    // Assess
    await expect(response).rejects.toThrow('Firehose decided over');
  });
});
