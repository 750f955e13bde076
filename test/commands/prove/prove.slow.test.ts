import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import {
  functionName,
  type StandIn,
  type StandInState,
  stackName,
  startStandIn,
} from '../../proof/aws-stand-in.ts';
import { type CommandResult, runCommand } from '../../proof/command.ts';
import { createGzip, createLines, createRun } from '../../proof/factories.ts';
import { makeReport } from '../start/factories.ts';

const iotSensor = readFileSync('docs/events/iot-sensor.json', 'utf8');

const createEnvironment = (): Record<string, string> => ({
  DELIVERY_STREAM_NAME: 'my-stream',
  COUNT: '100',
  PRODUCER_NAME: `${stackName}/Producer`,
  BUCKET_NAME: 'my-bucket',
  PREFIX: 'events/datehour=!{timestamp:yyyy-MM-dd-HH}/',
});

let state: StandInState;
let standIn: StandIn;

beforeEach(async () => {
  state = {
    producers: { Producer: { function: functionName! } },
    environment: createEnvironment(),
    objects: new Map(),
    invoke: (payload) => deliver(payload),
  };
  standIn = await startStandIn(state);
});

afterEach(() => standIn.close());

/** The key of an object of this hour. */
const keyOfNow = (name: string) =>
  `events/datehour=${new Date().toISOString().slice(0, 13).replace('T', '-')}/${name}`;

/** Acts as the deployed function: the events land at once, in one object, except those left out. */
function deliver(
  { runId, count = 100 }: { runId?: string; count?: number },
  { isDelivered = (_index: number): boolean => true, key = keyOfNow('a.gz') } = {},
) {
  const run = createRun({ runId: runId!, to: count });
  const lines = createLines(run, Date.now()).filter((_, index) => isDelivered(index));
  state.objects.set(key, { body: createGzip(lines), landedAtMs: Date.now() });
  return { result: makeReport({ ...run, eventsRequested: count, eventsDelivered: count }) };
}

/** The same with events of a template. */
function deliverOfTemplate(payload: { runId?: string }) {
  const response = deliver(payload);
  const pack = createTemplatePacker(compileTemplate(iotSensor))('gzip', 'my-stream', response.result.runId);
  const records = pack({ from: 0, to: 100 }, { dataBytes: 1e6, jsonBytes: 1e6 }, Date.now());
  const body = Buffer.concat(records.map(({ data }) => data));
  state.objects.set(keyOfNow('a.gz'), { body, landedAtMs: Date.now() });
  return response;
}

function prove(...args: string[]): Promise<CommandResult> {
  return run('prove', '--stack', stackName!, '--wait', '0s', ...args);
}

function run(command: 'prove' | 'verify', ...args: string[]): Promise<CommandResult> {
  return runCommand(command, args, {
    environment: {
      AWS_ENDPOINT_URL: standIn.endpointUrl,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  });
}

describe('npm run prove', () => {
  it('invokes the deployed function, prints its report and the proof, and ends with status 0', async () => {
    // Prepare
    state.objects.set('events/old.gz', {
      body: Buffer.from('not an event\n'),
      landedAtMs: Date.now() - 3_600_000,
    });
    state.objects.set('errors/processing-failed/x', { body: Buffer.alloc(9), landedAtMs: Date.now() });

    // Act
    const { status, stdout, stderr } = await prove('--count', '1000');

    // Assess
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(/^Invoking my-function for the run prove-\S+ \.\.\.\n$/),
    });
    expect(stdout).toContain('"eventsDelivered": 1000');
    expect(stdout).toContain('COMPLETE: Each of 1,000 events arrived, exactly once.');
    expect(stdout).toContain('processing-failed: 1 object, 9 bytes');
    expect(standIn.requests).not.toContainEqual(expect.stringContaining('events/old.gz'));
  });

  it("ends with status 0 beside lines of others, in an existing stream's bucket", async () => {
    // Prepare
    state.environment = { ...createEnvironment(), SHARED: 'true' };
    state.objects.set(keyOfNow('theirs'), { body: Buffer.from('theirs\n{}\n'), landedAtMs: Date.now() });

    // Act
    const { status, stdout, stderr } = await prove();

    // Assess
    expect(status).toBe(0);
    expect(stdout).toContain('COMPLETE: Each of 100 events arrived, exactly once.');
    expect(stderr).toContain(
      'Could not find out whether my-stream has changed: describing the delivery stream my-stream: AccessDeniedException',
    );
  });

  it('says what has changed in a stream since the canary in it was deployed', async () => {
    // Prepare
    state.environment = { ...createEnvironment(), SHARED: 'true', PROOF_DELAY_SECONDS: '75' };
    state.stream = {
      DeliveryStreamStatus: 'ACTIVE',
      DeliveryStreamType: 'DirectPut',
      Destinations: [
        {
          ExtendedS3DestinationDescription: {
            BucketARN: 'arn:aws:s3:::my-bucket',
            Prefix: 'raw/',
            BufferingHints: { IntervalInSeconds: 900 },
            ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'MetadataExtraction' }] },
          },
        },
      ],
    };

    // Act
    const { status, stderr } = await prove();

    // Assess
    expect(status).toBe(0);
    expect(stderr.split('\n').filter((line) => line.includes('has changed'))).toEqual([
      expect.stringMatching(
        /^my-stream has changed: bufferingInterval is now 900, and the prover first checks after 75 s/,
      ),
      expect.stringMatching(/^my-stream has changed: match is now id, and was bytes /),
      'my-stream has changed: prefix is now raw/!{timestamp:yyyy/MM/dd/HH}/, and was events/datehour=!{timestamp:yyyy-MM-dd-HH}/' +
        " when the canary was deployed. Find out what fits by npm run watch -- 'my-stream'",
    ]);
  });

  it('ends with status 1 and names the event that did not land', async () => {
    // Prepare
    state.invoke = (payload) => deliver(payload, { isDelivered: (index) => index !== 42 });

    // Act
    const { status, stdout } = await prove('--json');

    // Assess
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      report: { eventsRequested: 100 },
      complete: false,
      source: 's3://my-bucket/events/',
      runs: [{ missing: 1, missingRanges: [[42, 43]] }],
    });
  });

  const complete = 'COMPLETE: Each of 100 events arrived, exactly once.';

  it.each<[string, object, string[], number, string]>([
    ['the stack has', { eventTemplate: iotSensor }, [], 0, complete],
    ['a file has', {}, ['--event', 'docs/events/iot-sensor.json'], 0, complete],
    ['nobody names, as unproven', {}, ['--wait', '0s'], 2, 'UNPROVEN: Each of 100 lines'],
  ])('proves events of a template that %s', async (_, template, options, expected, verdict) => {
    // Prepare
    state.producers = { Producer: { function: functionName!, ...template } };
    state.invoke = deliverOfTemplate;

    // Act
    const { status, stdout } = await prove(...options);

    // Assess
    expect(stdout).toContain(verdict);
    expect(status).toBe(expected);
  });

  it('waits for what a queue still holds', async () => {
    // Prepare
    state.invoke = (payload) => {
      const { result } = deliver(payload, { isDelivered: (index) => index < 60 });
      setTimeout(
        () => deliver(payload, { isDelivered: (index) => index >= 60, key: keyOfNow('b.gz') }),
        1_500,
      );
      return { result: { ...result, eventsDelivered: 60, eventsQueued: 40, queued: [[60, 100]] } };
    };

    // Act
    const { status, stdout, stderr } = await prove('--wait', '30s', '--json');

    // Assess
    expect(JSON.parse(stdout)).toMatchObject({ complete: true, report: { eventsQueued: 40 } });
    expect(status).toBe(0);
    expect(stderr).toMatch(/60 of 100 events found, 1 object read; waiting \d+ s more at most/);
  });

  const { BUCKET_NAME: _, ...withoutBucket } = createEnvironment();
  const { PRODUCER_NAME: __, ...ofEarlierVersion } = createEnvironment();
  const failure = { errorType: 'InvalidPayloadError', errorMessage: 'count: 0 - expected more' };

  it.each<[string, Partial<StandInState>, string]>([
    [
      'there is no such stack',
      { producers: undefined },
      'describing the stack MyStack (cdk deploy creates it): ValidationError: Stack with id MyStack does not exist',
    ],
    [
      'the stack is another',
      { producers: {} },
      'the stack MyStack has no producer, or one of an earlier version: deploy it again',
    ],
    [
      'the stack has two producers',
      { producers: { 'Load/A': { function: functionName! }, B: { function: 'other' } } },
      'the stack MyStack has 2 producers: give --function my-function (Load/A) or --function other (B) instead of --stack',
    ],
    [
      'the template of its events is unknown',
      { environment: ofEarlierVersion },
      'the template of my-function is unknown, because its stack is of an earlier version: deploy it again, or give --event',
    ],
    [
      'the stack pushes to a stream that is not its own',
      { environment: withoutBucket },
      'the bucket of my-function is unknown, because its stack did not create the stream',
    ],
    ['the function is gone', { invoke: undefined }, 'NotFoundException: Function not found: my-function'],
    [
      'the function fails',
      { invoke: () => ({ functionError: 'Unhandled', result: { ...failure, stackTrace: [] } }) },
      'my-function failed: InvalidPayloadError: count: 0 - expected more',
    ],
    [
      'the function returns something else',
      { invoke: () => ({ result: 'hello' }) },
      'my-function returned no producer report: "hello"',
    ],
    [
      'the function returns a report with something missing',
      { invoke: () => ({ result: { ...makeReport(), eventsDelivered: undefined } }) },
      'my-function returned no producer report: {"runId":"run-1"',
    ],
  ])('fails with one line and status 2 when %s', async (_, change, message) => {
    // Prepare
    Object.assign(state, change);

    // Act
    const { status, stdout, stderr } = await prove();

    // Assess
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^error: /);
    expect(stderr).toContain(message);
  });

  it('does not invoke a function whose events it could not find', async () => {
    delete state.environment?.BUCKET_NAME;
    await prove();
    expect(standIn.requests.filter((request) => /invocations/.test(request))).toEqual([]);
  });

  it('invokes once, even when the response is an error that the SDK would retry', async () => {
    // Prepare
    let invocations = 0;
    state.invoke = () => {
      invocations += 1;
      throw new Error('the connection breaks');
    };

    // Act
    const { status } = await prove();

    // Assess
    expect({ status, invocations }).toEqual({ status: 2, invocations: 1 });
  });

  it('finds the events of an imported stream at --source', async () => {
    delete state.environment?.BUCKET_NAME;
    const { status } = await prove('--source', 's3://my-bucket/events/');
    expect(status).toBe(0);
  });
});

it('proves one of several producers of a stack, by its function, with its own template', async () => {
  // Prepare
  state.producers = {
    A: { function: 'other' },
    Producer: { function: functionName!, eventTemplate: iotSensor },
  };
  state.invoke = deliverOfTemplate;

  // Act
  const { status, stdout } = await run('prove', '--function', functionName!, '--wait', '0s');

  // Assess
  expect(stdout).toContain('COMPLETE: Each of 100 events arrived, exactly once.');
  expect(status).toBe(0);
});

describe('npm run verify', () => {
  const runId = `${stackName}/Producer/2026-11-30T08:00:00Z`;

  it.each([
    ['a stack', ['--stack', stackName!]],
    ['a function', ['--function', functionName!]],
  ])(
    'finds the stream, the bucket, the count and the template of a scheduled run by %s',
    async (_, options) => {
      // Prepare
      deliver({ runId });

      // Act
      const { status, stdout, stderr } = await run('verify', ...options, '--run-id', runId);

      // Assess
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toContain(`run         ${runId}, events 0 to 99`);
      expect(stdout).toContain('COMPLETE: Each of 100 events arrived, exactly once.');
    },
  );

  it.each([
    [['--stack', stackName!], '--run-id is missing: give that of the run, as send printed it'],
    [
      ['--stack', stackName!, '--run-id', 'r', '--stream', 's'],
      "cannot be used with option '--stream <name>'",
    ],
    [['--stack', stackName!, '--function', 'f'], "cannot be used with option '--stack <name>'"],
  ])('refuses %j with one line and status 2', async (args, message) => {
    const { status, stderr } = await run('verify', ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});
