import type { RequestListener } from 'node:http';
import {
  FirehoseClient,
  type FirehoseClientConfig,
  PutRecordBatchCommand,
  type PutRecordBatchOutput,
} from '@aws-sdk/client-firehose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AwsCallError, callAws } from '../../lambda/runtime/aws-call.ts';
import {
  cutting,
  failing,
  pointSdkAt,
  responding,
  respondingPage,
  respondingText,
  stalls,
  startServer,
  type TestServer,
} from '../producer/servers.ts';

/** Makes a call through a client of its own. */
function call(
  signal = new AbortController().signal,
  options: FirehoseClientConfig = {},
): Promise<PutRecordBatchOutput> {
  const client = new FirehoseClient({ maxAttempts: 1, ...options });
  const command = new PutRecordBatchCommand({ DeliveryStreamName: 'my-stream', Records: [] });
  return callAws(command.middlewareStack, () => client.send(command, { abortSignal: signal }), signal);
}

/** The error of a failed call. */
async function failureOf(made: Promise<unknown>): Promise<AwsCallError> {
  const error = await made.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AwsCallError);
  return error as AwsCallError;
}

describe('a call to AWS', () => {
  let server: TestServer;

  const start = async (listener: RequestListener) => {
    server = await startServer(listener);
    pointSdkAt(server);
    return server;
  };

  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  it('resolves to the response', async () => {
    await start(responding(200, { FailedPutCount: 0, RequestResponses: [{ RecordId: 'x' }] }));
    const output = await call();
    expect(output).toMatchObject({ FailedPutCount: 0, RequestResponses: [{ RecordId: 'x' }] });
  });

  it('reads a response that comes in many pieces', async () => {
    // Prepare
    const text = JSON.stringify({ FailedPutCount: 0, RequestResponses: [{ RecordId: 'äöü€' }] });
    await start((request, response) => {
      request.resume().on('end', async () => {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
        for (const byte of Buffer.from(text)) {
          response.write(Buffer.of(byte));
          await new Promise(setImmediate);
        }
        response.end();
      });
    });

    // Act
    const output = await call();

    // Assess
    expect(output.RequestResponses).toMatchObject([{ RecordId: 'äöü€' }]);
  });

  it.each([
    ['ExpiredTokenException', 'fatal', 400],
    ['AccessDeniedException', 'fatal', 400],
    ['ResourceNotFoundException', 'fatal', 400],
    ['ServiceUnavailableException', 'rejected', 503],
    ['ThrottlingException', 'rejected', 400],
    ['LimitExceededException', 'rejected', 400],
    ['InternalFailure', 'lost', 500],
  ] as const)('that fails with %s is %s, and says what AWS said', async (errorType, kind, status) => {
    await start(failing(status, errorType));
    const error = await failureOf(call());
    expect(error).toMatchObject({ kind, message: `${errorType}: as AWS would say` });
  });

  it.each([
    [502, 'Bad Gateway', 'lost'],
    [503, 'Service Unavailable', 'lost'],
    [504, 'Gateway Timeout', 'lost'],
    [500, 'Internal Server Error', 'lost'],
    [200, 'OK', 'lost'],
    [429, 'Too Many Requests', 'rejected'],
    [403, 'Forbidden', 'fatal'],
  ] as const)(
    'that gets the page of a proxy, with status %i %s, is %s, and says so',
    async (status, reason, kind) => {
      // Prepare
      const { host } = await start(respondingPage(status, '<html>\n  <h1>who are you?</h1>\n</html>\n'));

      // Act
      const error = await failureOf(call());

      // Assess
      expect(error).toMatchObject({
        kind,
        message: `${status} ${reason} from ${host}: text/html, "<html> <h1>who are you?</h1> </html>"`,
      });
    },
  );

  it.each([
    [
      'an error of AWS that only its body names',
      responding(400, { __type: 'com.amazonaws#AccessDeniedException', message: 'not yours' }),
      'fatal',
      'AccessDeniedException: not yours',
    ],
    [
      'a long page, of which it shows 100 characters',
      respondingPage(502, `${'a'.repeat(99)}bcd`),
      'lost',
      `502 Bad Gateway from HOST: text/html, "${'a'.repeat(99)}b"`,
    ],
    [
      'one without type and body',
      respondingText(503, '', {}),
      'lost',
      '503 Service Unavailable from HOST: no content type, empty',
    ],
    [
      'JSON of a gateway',
      responding(503, { error: 'upstream' }),
      'lost',
      '503 Service Unavailable from HOST: application/x-amz-json-1.1, "{"error":"upstream"}"',
    ],
    [
      'JSON that ends too early',
      respondingText(200, '{"FailedPutCount":0,"RequestResp'),
      'lost',
      '200 OK from HOST: application/x-amz-json-1.1, "{"FailedPutCount":0,"RequestResp"',
    ],
  ] as const)('shows and classifies a response: %s', async (_, listener, kind, message) => {
    const { host } = await start(listener);
    const error = await failureOf(call());
    expect(error).toMatchObject({ kind, message: message.replace('HOST', host) });
  });

  it('is lost when the connection is cut before the response', async () => {
    // Prepare
    await start((request) => request.socket.destroy());

    // Act
    const error = await failureOf(call());

    // Assess
    expect(error).toMatchObject({
      kind: 'lost',
      message: expect.stringMatching(/socket hang up|ECONNRESET/),
    });
  });

  it('is lost when the connection is cut within the response, and names the server', async () => {
    // Prepare
    const { host } = await start(cutting('{"FailedPut', 1_000));

    // Act
    const error = await failureOf(call());

    // Assess
    expect(error).toMatchObject({ kind: 'lost', message: expect.stringContaining('cut after 11 bytes') });
    expect(error.message).toContain(host);
  });

  it('is lost when the response is larger than 4 MiB, which is not read any further', async () => {
    // Prepare
    let isClosed = false;
    await start((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      const send = () => {
        while (!isClosed && response.write(Buffer.alloc(65_536, ' '))) {}
      };
      response.on('drain', send).on('close', () => {
        isClosed = true;
      });
      send();
    });

    // Act
    const error = await failureOf(call());

    // Assess
    expect(error).toMatchObject({ kind: 'lost', message: expect.stringMatching(/ after 4\d{6} bytes/) });
    await vi.waitFor(() => expect(isClosed).toBe(true));
  });

  it('is rejected when nobody listens, and names who refused', async () => {
    // Prepare
    const { host } = await start(() => {});
    await server.stop();

    // Act
    const error = await failureOf(call());

    // Assess
    expect(error).toMatchObject({ kind: 'rejected', message: `connect ECONNREFUSED ${host}` });
  });

  it('is rejected when all addresses of a name refuse, and names them', async () => {
    // Prepare
    const { host } = await start(() => {});
    await server.stop();
    const [, port] = host.split(':');
    pointSdkAt({ host: `localhost:${port}` });

    // Act
    const error = await failureOf(call());

    // Assess
    expect(error).toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(new RegExp(`^connect ECONNREFUSED .*:${port}$`)),
    });
  });

  it('is rejected when there is no such host', async () => {
    // Prepare
    await start(() => {});
    pointSdkAt({ host: 'firehose.invalid:80' });

    // Act
    const error = await failureOf(call());

    // Assess
    expect(error).toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(/(ENOTFOUND|EAI_AGAIN) firehose\.invalid/),
    });
  });

  it.each(Object.entries(stalls))(
    'to a server that %s is over when it is aborted, and its connection is closed',
    async (_, listener) => {
      // Prepare
      const { host, connections } = await start(listener);
      const abort = new AbortController();
      let abortedMs = Number.NaN;
      setTimeout(() => {
        abortedMs = performance.now();
        abort.abort();
      }, 150);

      // Act
      const error = await failureOf(call(abort.signal));

      // Assess
      expect(performance.now() - abortedMs).toBeLessThan(50);
      expect(error).toMatchObject({ kind: 'lost', message: `no response in time from ${host}` });
      await vi.waitFor(async () => expect(await connections()).toBe(0));
    },
  );

  it('is over when it is aborted while it waits for credentials', async () => {
    // Prepare
    await start(() => {});
    const credentials = () => new Promise<never>(() => {});

    // Act
    const error = await failureOf(call(AbortSignal.timeout(100), { credentials }));

    // Assess
    expect(error).toMatchObject({ kind: 'lost', message: 'no response in time from AWS' });
    expect(server.requests()).toBe(0);
  });

  it('is over at once when it was aborted before it began', async () => {
    await start(() => {});
    const error = await failureOf(call(AbortSignal.abort()));
    expect(error.kind).toBe('lost');
  });
});
