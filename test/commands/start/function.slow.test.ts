import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reportMetrics } from '../../../lambda/contract/metrics.ts';
import { publishedMetricsVariable } from '../../../lambda/contract/variables.ts';
import { type LocalStack, readLocalStack } from '../../../lib/commands/start/template.ts';
import { type Endpoint, type EndpointOptions, startEndpoint } from '../../../lib/emulator/endpoint.ts';
import { LocalFunction } from '../../../lib/emulator/lambda/runtime.ts';
import { defaultStackName } from '../../../lib/stack/outputs.ts';
import { assemblyOf } from '../../stack/synth.ts';
import { temporaryDirectory } from './factories.ts';

/** A metric in CloudWatch's embedded metric format; only the tested fields. */
interface MetricLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [key: string]: unknown;
}

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [key: string]: unknown;
}

describe('the bundled function', () => {
  let stack: LocalStack;
  const running: Endpoint[] = [];
  const functions: LocalFunction[] = [];

  beforeAll(async () => {
    stack = await readLocalStack(assemblyOf({ monitoring: 'full' }), defaultStackName);
  });

  afterEach(async () => {
    await Promise.all(functions.splice(0).map((started) => started.stop()));
    await Promise.all(running.splice(0).map((aws) => aws.stop()));
  });

  async function start(options: {
    environment?: Record<string, string>;
    timeoutMs?: number;
    aws?: Pick<EndpointOptions, 'faults' | 'quota'>;
  }) {
    const directory = temporaryDirectory();
    const aws = await startEndpoint({ ...stack, outputDirectory: directory, ...options.aws });
    running.push(aws);
    const logPath = join(directory, 'function.log');
    const logFile = openSync(logPath, 'w');
    const started = await LocalFunction.start(
      {
        ...stack.producer.function,
        environment: { ...stack.producer.function.environment, ...options.environment },
        timeoutMs: options.timeoutMs ?? 60_000,
      },
      { endpointUrl: aws.endpointUrl, logFile },
    );
    closeSync(logFile);
    functions.push(started);
    const lines = () =>
      readFileSync(logPath, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as LogLine | MetricLine);
    const isMetricLine = (line: LogLine | MetricLine): line is MetricLine => '_aws' in line;
    return {
      function: started,
      aws,
      logLines: () => lines().filter((line) => !isMetricLine(line)) as LogLine[],
      metricLines: () => lines().filter(isMetricLine),
    };
  }

  /** Sums of the metrics as CloudWatch would compute them, by name. */
  function sumsOf(metricLines: readonly MetricLine[]): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const line of metricLines) {
      for (const { Metrics } of line._aws.CloudWatchMetrics) {
        for (const { Name } of Metrics) {
          const values = [line[Name]].flat() as number[];
          sums[Name] = (sums[Name] ?? 0) + values.reduce((sum, value) => sum + value, 0);
        }
      }
    }
    return sums;
  }

  /** Sums of the same metrics, from the reports. */
  function sumsOfReports(reports: readonly object[]): Record<string, number> {
    return Object.fromEntries(
      Object.entries(reportMetrics).map(([field, { name }]) => [
        name,
        reports.reduce((sum, report) => sum + (report as Record<string, number>)[field]!, 0),
      ]),
    );
  }

  it('returns its report and logs it last, after a line at the start, each with the run and the context', async () => {
    // Prepare
    const { function: started, logLines } = await start({});

    // Act
    const { result } = await started.invoke({ count: 1_000, runId: 'run-1' });

    // Assess
    const lines = logLines();
    expect(lines.map(({ message }) => message)).toEqual(['slice started', 'slice finished']);
    expect(lines.at(0)).toMatchObject({
      level: 'INFO',
      deliveryStreamName: stack.deliveryStream.deliveryStreamName,
      slice: { runId: 'run-1', from: 0, to: 1_000 },
    });
    expect(lines.at(-1)).toMatchObject({ level: 'INFO', report: result });
    expect(result).toMatchObject({ eventsRequested: 1_000, eventsDelivered: 1_000, undelivered: [] });
    for (const line of lines) {
      expect(line).toMatchObject({
        runId: 'run-1',
        service: 'firehose-event-producer',
        cold_start: true,
        function_name: stack.producer.function.functionName,
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

  it('publishes the report as metrics of its stream and its own, and a cold start once', async () => {
    // Prepare
    const { function: started, metricLines } = await start({});

    // Act
    const first = await started.invoke({ count: 10_000 });
    const second = await started.invoke({ count: 1_000 });

    // Assess
    const lines = metricLines();
    expect(sumsOf(lines)).toEqual({
      ...sumsOfReports([first.result as object, second.result as object]),
      ColdStart: 1,
    });
    for (const line of lines) {
      expect(line).toMatchObject({
        service: 'firehose-event-producer',
        DeliveryStreamName: stack.deliveryStream.deliveryStreamName,
        Producer: 'FirehoseEventProducer/Producer',
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: 'FirehoseEventProducer',
              Dimensions: [['service', 'DeliveryStreamName', 'Producer']],
            },
          ],
        },
      });
    }
    const units = lines.flatMap(({ _aws }) => _aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics));
    for (const { name, unit } of Object.values(reportMetrics)) {
      expect(units).toContainEqual({ Name: name, Unit: unit });
    }
  });

  it.each([
    ['none', {}],
    ['EventsUndelivered EventsDelivered ClaimsSeen', { EventsDelivered: 10 }],
  ])('publishes only some metrics, and no zeros: %s', async (published, sums) => {
    // Prepare
    const environment = { [publishedMetricsVariable]: published };
    const { function: started, logLines, metricLines } = await start({ environment });

    // Act
    await started.invoke({ count: 10 });

    // Assess
    expect(sumsOf(metricLines())).toEqual(sums);
    expect(logLines().map(({ message }) => message)).toEqual(['slice started', 'slice finished']);
  });

  it('publishes no pace of a run that it only cut into slices', async () => {
    // Prepare
    const { function: started, metricLines } = await start({ environment: { EVENTS_PER_SLICE: '1000' } });

    // Act
    await started.invoke({ count: 3_000 });

    // Assess
    const sums = sumsOf(metricLines());
    expect(sums).toMatchObject({ EventsQueued: 3_000, EventsDelivered: 0, Requests: 0 });
    expect(sums).not.toHaveProperty('EventsPerSecond');
  });

  it('publishes what it did also when it fails', async () => {
    // Prepare
    const { function: started, metricLines } = await start({
      environment: { DELIVERY_STREAM_NAME: 'other' },
    });

    // Act
    await started.invoke({ count: 1_000 });
    await started.invoke({ cuont: 5 });

    // Assess
    const sums = sumsOf(metricLines());
    expect(sums).toMatchObject({
      EventsRequested: 1_000,
      EventsDelivered: 0,
      EventsUndelivered: 1_000,
      ColdStart: 1,
    });
    expect(sums.RequestsFailed).toBeGreaterThan(0);
    expect(sums.RequestsFailed).toBe(sums.Requests);
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
    expect(requests.length).toBeLessThan(50);
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
    const { error } = await started.invoke({ count: 1_000, runId: 'run-1' });

    // Assess
    expect(error).toEqual({
      errorType: 'NothingDeliveredError',
      errorMessage: expect.stringMatching(
        /^Not one of the 1000 events of run run-1 was delivered to other: an error that no retry can fix; (\d+) of \1 requests failed; last failure: ResourceNotFoundException: Firehose other under account 123456789012 not found\. To send them again, invoke the function with \{"runId":"run-1","from":0,"to":1000\}$/,
      ),
    });
  });

  it('hands what it could not deliver to the work queue, and logs why', async () => {
    // Prepare: five records at once, and five a second from then on
    const quota = { bytes: 10_000_000, records: 5, requests: 1_000 };
    const environment = { MAX_ATTEMPTS: '1', CONCURRENCY: '1' };
    const { function: started, aws, logLines } = await start({ aws: { quota }, environment });

    // Act
    const { result } = await started.invoke({ count: 10_000, runId: 'run-1' });

    // Assess
    const { eventsDelivered, eventsQueued } = result as Record<string, number>;
    expect(eventsDelivered).toBeGreaterThan(0);
    expect(eventsQueued).toBeGreaterThan(0);
    expect(result).toMatchObject({ eventsRequested: eventsDelivered! + eventsQueued!, undelivered: [] });
    const slices = aws.queues
      .get(stack.producer.queueName)!
      .receive(100)
      .map(({ body }) => JSON.parse(body));
    expect(slices.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(eventsQueued);
    expect(slices[0]).toMatchObject({ runId: 'run-1' });
    expect(logLines().map(({ level, message }) => `${level} ${message}`)).toEqual([
      'INFO slice started',
      expect.stringMatching(
        /^ERROR events are left to the work queue: a record was sent as often as maxAttempts allows; 0 of \d+ requests failed; last failure: /,
      ),
      'INFO slice finished',
    ]);
  });

  it('processes messages, and names those that it could not read', async () => {
    // Prepare
    const { function: started, aws, logLines, metricLines } = await start({});
    const message = (messageId: string, body: string) => ({ messageId, body, eventSource: 'aws:sqs' });

    // Act
    const { result } = await started.invoke({
      Records: [
        message('a', '{"runId":"run-1","from":0,"to":1000}'),
        message('b', 'not JSON'),
        message('c', '{"runId":"run-1","from":1000,"to":1500}'),
      ],
    });
    await aws.deliveryStream.flush();

    // Assess
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: 'b' }] });
    expect(aws.deliveryStream.totals.recordBytes).toBe(1_500 * 68);
    const reports = logLines().flatMap(({ report }) => (report ? [report] : []));
    expect(reports).toHaveLength(2);
    expect(sumsOf(metricLines())).toEqual({ ...sumsOfReports(reports), ColdStart: 1 });
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

  it('is killed at its timeout, as in Lambda, with unknown memory', async () => {
    // Prepare: less time than a cold start takes
    const { function: started } = await start({ timeoutMs: 50 });

    // Act
    const { error, maxMemoryUsedMiB, durationMs } = await started.invoke({});

    // Assess
    expect(error).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: 'Task timed out after 0.05 seconds',
    });
    expect(maxMemoryUsedMiB).toBeUndefined();
    expect(durationMs).toBeLessThan(5_000);
    expect(started.isAlive).toBe(false);
  });
});
