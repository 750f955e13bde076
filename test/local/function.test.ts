import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeliveryStream } from '../../lib/local/firehose/delivery-stream.ts';
import { createFirehoseServer, listenOnLoopback } from '../../lib/local/firehose/server.ts';
import { LocalFunction } from '../../lib/local/lambda-runtime.ts';
import { synthesize } from '../../lib/local/synth.ts';
import { type LocalStack, readLocalStack } from '../../lib/local/template.ts';
import { temporaryDirectory } from './factories.ts';

type Admit = Parameters<typeof createFirehoseServer>[0]['admit'];

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [key: string]: unknown;
}

describe('the bundled function', () => {
  let stack: LocalStack;
  const servers: Server[] = [];
  const functions: LocalFunction[] = [];

  beforeAll(async () => {
    const assemblyDirectory = temporaryDirectory();
    await synthesize(assemblyDirectory, {});
    stack = await readLocalStack(assemblyDirectory, 'FirehoseEventProducer');
  });

  afterEach(async () => {
    await Promise.all(functions.splice(0).map((started) => started.stop()));
  });

  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function start(options: {
    environment?: Record<string, string>;
    timeoutMs?: number;
    admit?: Admit;
    server?: Server;
  }) {
    const directory = temporaryDirectory();
    const deliveryStream = new DeliveryStream(stack.deliveryStream, { directory });
    const server =
      options.server ??
      createFirehoseServer({
        deliveryStreams: [deliveryStream],
        ...(options.admit && { admit: options.admit }),
      });
    servers.push(server);
    const logPath = join(directory, 'function.log');
    const logFile = openSync(logPath, 'w');
    const started = await LocalFunction.start(
      {
        ...stack.function,
        environment: { ...stack.function.environment, ...options.environment },
        timeoutMs: options.timeoutMs ?? 60_000,
      },
      { endpointUrl: await listenOnLoopback(server, 0), logFile },
    );
    closeSync(logFile);
    functions.push(started);
    const logLines = () =>
      readFileSync(logPath, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as LogLine);
    return { function: started, logLines };
  }

  it('returns its report and logs it last, after a line at the start, each with the run and the context', async () => {
    // Prepare
    const { function: started, logLines } = await start({});

    // Act
    const { result } = await started.invoke({ count: 1_000, runId: 'run-1' });

    // Assess
    const lines = logLines();
    expect(lines.map(({ message }) => message)).toEqual(['run started', 'report']);
    expect(lines.at(-1)).toMatchObject({ level: 'INFO', ...(result as object) });
    expect(result).toMatchObject({ eventsRequested: 1_000, eventsDelivered: 1_000, undelivered: [] });
    for (const line of lines) {
      expect(line).toMatchObject({
        runId: 'run-1',
        service: 'firehose-event-producer',
        cold_start: true,
        function_name: stack.function.functionName,
        function_request_id: expect.stringMatching(/^[\da-f-]{36}$/),
      });
    }
  });

  it('is warm the second time, and names a run without runId after the invocation', async () => {
    // Prepare
    const { function: started, logLines } = await start({});

    // Act
    await started.invoke({ runId: 'run-1' });
    const { result } = await started.invoke({});

    // Assess
    const last = logLines().at(-1)!;
    expect(last.cold_start).toBe(false);
    expect(last.runId).toBe(last.function_request_id);
    expect(result).toMatchObject({ runId: last.function_request_id, eventsDelivered: 100 });
  });

  it('logs a line a request at DEBUG, never one an event', async () => {
    // Prepare
    const { function: started, logLines } = await start({ environment: { POWERTOOLS_LOG_LEVEL: 'DEBUG' } });

    // Act
    const { result } = await started.invoke({ count: 50_000 });

    // Assess
    const requests = logLines().filter(({ message }) => message === 'request');
    expect(requests).toHaveLength((result as { requests: number }).requests);
    expect(requests[0]).toMatchObject({ level: 'DEBUG', attempt: 1, recordsRefused: 0 });
    expect(requests.length).toBeLessThan(10);
  });

  it('refuses a payload that it does not know, with an error of its own', async () => {
    // Prepare
    const { function: started, logLines } = await start({});

    // Act
    const { error } = await started.invoke({ cuont: 5 });

    // Assess
    expect(error?.errorType).toBe('InvalidPayloadError');
    expect(error?.errorMessage).toContain('cuont: 5 - unknown property');
    expect(logLines().at(-1)).toMatchObject({ level: 'ERROR', message: 'invocation failed' });
  });

  it('fails with the cause when there is no such stream', async () => {
    // Prepare
    const { function: started } = await start({ environment: { DELIVERY_STREAM_NAME: 'other' } });

    // Act
    const { error } = await started.invoke({ count: 1_000 });

    // Assess
    expect(error).toEqual({
      errorType: 'NothingDeliveredError',
      errorMessage:
        'Not one of 1000 events was delivered to other: ResourceNotFoundException: Firehose other under account 123456789012 not found.',
    });
  });

  it('returns the report of what it could deliver, and logs an error, when that is only a part', async () => {
    // Prepare
    let records = 0;
    const admit: Admit = () => {
      records += 1;
      return records > 5 ? 'ServiceUnavailableException' : undefined;
    };
    const environment = { MAX_ATTEMPTS: '2', CONCURRENCY: '1' };
    const { function: started, logLines } = await start({ admit, environment });

    // Act
    const { result } = await started.invoke({ count: 10_000 });

    // Assess
    expect(result).toMatchObject({
      eventsRequested: 10_000,
      eventsDelivered: 5 * 451,
      eventsUndelivered: 10_000 - 5 * 451,
      undelivered: [[5 * 451, 10_000]],
    });
    expect(logLines().map(({ level, message }) => `${level} ${message}`)).toEqual([
      'INFO run started',
      'ERROR events are undelivered',
      'INFO report',
    ]);
  });

  it('cannot start with an environment that does not fit', async () => {
    // Prepare
    const { function: started } = await start({ environment: { CONCURRENCY: 'many' } });

    // Act
    const { error } = await started.invoke({});

    // Assess
    expect(error?.errorType).toBe('InvalidEnvironmentError');
    expect(error?.errorMessage).toContain('CONCURRENCY is "many"; expected a whole number from 1 to 64');
  });

  it('is killed when its time is over, as in Lambda', async () => {
    // Prepare
    const server = createServer(() => {});
    const { function: started } = await start({ server, timeoutMs: 1_500 });

    // Act
    const { error, durationMs } = await started.invoke({});

    // Assess
    expect(error).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: 'Task timed out after 1.50 seconds',
    });
    expect(durationMs).toBeLessThan(5_000);
  });
});
