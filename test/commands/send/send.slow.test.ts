import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  functionName,
  type StandIn,
  type StandInState,
  stackName,
  startStandIn,
} from '../../proof/aws-stand-in.ts';
import { type CommandResult, runCommand } from '../../proof/command.ts';
import { makeReport } from '../start/factories.ts';

let state: StandInState;
let standIn: StandIn;
let payloads: Record<string, unknown>[];

beforeEach(async () => {
  payloads = [];
  state = {
    producers: { Producer: { function: functionName! } },
    environment: {
      DELIVERY_STREAM_NAME: 'my-stream',
      COUNT: '100',
      PROOF_DELAY_SECONDS: '75',
      BUCKET_NAME: 'my-bucket',
    },
    objects: new Map(),
    invoke: (payload) => {
      payloads.push(payload);
      const { count = 100, runId } = payload as { count?: number; runId: string };
      return { result: makeReport({ runId, to: count, eventsRequested: count, eventsDelivered: count }) };
    },
  };
  standIn = await startStandIn(state);
});

afterEach(() => standIn.close());

function send(...args: string[]): Promise<CommandResult> {
  return runCommand('send', args, {
    environment: {
      AWS_ENDPOINT_URL: standIn.endpointUrl,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  });
}

const verifyCommand = (count: number) =>
  new RegExp(
    `^  npm run verify -- --function 'my-function' --run-id 'run-1' --count ${count} --since \\d{4}-\\d\\d-\\d\\dT[\\d:]{8}Z --wait 7m$`,
    'm',
  );

describe('npm run send', () => {
  it('invokes the producer of a stack, waits for its report, and prints the line that verifies the run', async () => {
    // Act
    const { status, stdout, stderr } = await send(
      ...['--stack', stackName!, '--count', '1000', '--run-id', 'run-1', '--events-per-second', '500'],
    );

    // Assess
    expect([status, stderr]).toEqual([0, 'Invoking my-function for the run run-1 ...\n']);
    expect(payloads).toEqual([{ runId: 'run-1', count: 1_000, eventsPerSecond: 500 }]);
    expect(stdout).toContain(
      '1,000 events of 1,000 delivered, 0 left to the work queue, 0 undelivered; run run-1\n\nDid every event arrive?\n',
    );
    expect(stdout).toMatch(verifyCommand(1_000));
  });

  it('returns at once with --no-wait, and knows the stream and the count by the function', async () => {
    // Act
    const { status, stdout } = await send('--function', functionName!, '--run-id', 'run-1', '--no-wait');

    // Assess
    expect(status).toBe(0);
    expect(payloads).toEqual([{ runId: 'run-1' }]);
    expect(stdout).toContain('Lambda was asked for 100 events; run run-1\n');
    expect(stdout).toMatch(verifyCommand(100));
  });

  it('lets verify wait for the longest buffering where it cannot read that of the stack', async () => {
    // Prepare
    delete state.environment;

    // Act
    const { stdout } = await send('--stack', stackName!);

    // Assess
    expect(stdout).toMatch(/--count 100 --since \S+ --wait 28m\n/);
  });

  it('prints one JSON document for a program, with a run id of its own', async () => {
    // Act
    const { stdout } = await send('--stack', stackName!, '--json');

    // Assess
    const { runId, report, verify } = JSON.parse(stdout);
    expect(runId).toMatch(/^[0-9a-f-]{36}$/);
    expect(report).toMatchObject({ runId, eventsDelivered: 100 });
    expect(verify).toContain(`--run-id '${runId}' --count 100`);
  });

  it('says where to put the bucket that nobody knows, in words that no shell takes for a redirect', async () => {
    delete state.environment?.BUCKET_NAME;
    const { stdout } = await send('--stack', stackName!);
    expect(stdout).toContain(" --function 'my-function' --source s3://BUCKET/PREFIX --run-id ");
  });

  it('ends with status 1 when events are undelivered', async () => {
    // Prepare
    state.invoke = () => ({
      result: makeReport({ eventsDelivered: 60, eventsUndelivered: 40, undelivered: [[60, 100]] }),
    });

    // Act
    const { status, stdout } = await send('--stack', stackName!);

    // Assess
    expect(status).toBe(1);
    expect(stdout).toContain('60 events of 100 delivered, 0 left to the work queue, 40 undelivered');
  });

  it.each<[string, (state: StandInState) => void, string[], string]>([
    ['there is no such stack', () => {}, ['--stack', 'YourStack'], 'describing the stack YourStack'],
    [
      'there is no such function',
      () => {},
      ['--function', 'yours'],
      'invoking yours for the run run-1: ResourceNotFoundException',
    ],
    [
      'the function fails',
      (now) => {
        now.invoke = () => ({
          result: { errorType: 'InvalidPayloadError', errorMessage: 'nothing was sent:\n- count: 0' },
          functionError: 'Unhandled',
        });
      },
      ['--stack', stackName!],
      'my-function failed: InvalidPayloadError: nothing was sent: - count: 0',
    ],
    [
      'the function is no producer',
      (now) => {
        now.environment = {};
      },
      ['--function', functionName!, '--no-wait'],
      'the function my-function has no variable DELIVERY_STREAM_NAME and COUNT: it is no producer',
    ],
    ...[[], ['--no-wait']].map((options): [string, (state: StandInState) => void, string[], string] => [
      `the count is above the producer's maximum ${options.join()}`,
      (now) => {
        now.environment = { ...now.environment, MAX_COUNT: '500' };
      },
      ['--stack', stackName!, '--count', '501', ...options],
      "--count is 501: expected at most the producer's maxCount, 500. Raise it, for example npx cdk deploy -c maxCount=501",
    ]),
    [
      'there are two of them',
      () => {},
      ['--stack', 'a', '--function', 'b'],
      "option '--function <name>' cannot be used with option '--stack <name>'",
    ],
    [
      'a function has no name',
      () => {},
      ['--function', ''],
      "option '--function <name>' argument '' is invalid",
    ],
    ['a count is no number', () => {}, ['--count', 'x'], "option '--count <number>' argument 'x' is invalid"],
  ])('fails with one line and status 2 when %s', async (_, change, args, message) => {
    // Prepare
    change(state);

    // Act
    const { status, stdout, stderr } = await send('--run-id', 'run-1', ...args);

    // Assess
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^error: /);
    expect(stderr).toContain(message);
  });

  it('invokes once, even when the response is an error that the SDK would retry', async () => {
    // Prepare
    state.invoke = (payload) => {
      payloads.push(payload);
      throw new Error('the connection breaks');
    };

    // Act
    const { status } = await send('--stack', stackName!);

    // Assess
    expect(status).toBe(2);
    expect(payloads).toHaveLength(1);
  });
});
