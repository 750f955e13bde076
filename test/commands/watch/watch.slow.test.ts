import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, runCommand } from '../../proof/command.ts';
import { createStack } from '../../stack/synth.ts';
import { contextOf, nameOf, serveShapes, streamShapes } from './streams.ts';

let firehose: Awaited<ReturnType<typeof serveShapes>>;
/** Has an `npx` that prints its region and its arguments, and ends with status 3. */
let binaries: string;

beforeAll(async () => {
  firehose = await serveShapes();
  binaries = mkdtempSync(join(tmpdir(), 'watch-'));
  writeFileSync(join(binaries, 'npx'), '#!/bin/sh\necho "in $AWS_REGION: $*"\nexit 3\n');
  chmodSync(join(binaries, 'npx'), 0o755);
});

afterAll(() => {
  firehose.close();
  rmSync(binaries, { recursive: true });
});

function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  return runCommand('watch', args, {
    environment: {
      AWS_ENDPOINT_URL_FIREHOSE: firehose.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      PATH: `${binaries}:${process.env.PATH}`,
      ...environment,
    },
  });
}

const shapes = streamShapes.map((shape, index) => ({ ...shape, name: nameOf(index) }));
const named = (what: string) => shapes.find((shape) => shape.what === what)!.name;

describe('npm run watch', () => {
  it('prints one JSON document, whose line deploys', async () => {
    // Act
    const { status, stdout, stderr } = await run([
      named('has hours in its prefix'),
      '--json',
      '-c',
      'count=5',
    ]);

    // Assess
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { deliveryStreamArn, context, reasons, environment, command } = JSON.parse(stdout);
    expect(deliveryStreamArn).toMatch(/^arn:aws:firehose:us-east-1:123456789012:deliverystream\//);
    expect(environment).toEqual({});
    expect(Object.keys(reasons)).toEqual(['deliveryStreamName', 'bucketName', 'prefix']);
    expect(contextOf(command)).toEqual(context);
    expect(context).toMatchObject({ prefix: 'raw/!{timestamp:yyyy/MM/dd/HH}/', count: '5' });
  });

  it('deploys with --deploy, in the region of the stream, and ends as the CDK does', async () => {
    // Act
    const name = named('has a fixed prefix');
    const { status, stdout } = await run([name, '--deploy'], { AWS_REGION: 'eu-west-1' });

    // Assess
    expect(status).toBe(3);
    expect(stdout.trim().split('\n').at(-1)).toBe(
      `in us-east-1: cdk deploy -c deliveryStreamName=${name} -c bucketName=my-bucket -c prefix=raw/`,
    );
  });

  it('deploys a canary in a partition only when its value is known, and lets it be given', async () => {
    // Act
    const name = named('is partitioned by a query, before the hour');
    const [unknown, known] = await Promise.all([
      run([name, '--deploy']),
      run([name, '--deploy', '--json', '-c', 'partition=customer=canary']),
    ]);

    // Assess
    expect([unknown.status, unknown.stderr]).toEqual([
      2,
      'error: VALUE stands for a value that is not known: give -c partition=customer=VALUE, with that value\n',
    ]);
    expect(known.status).toBe(3);
    expect(known.stderr).toContain('-c partition=customer=canary ');
    expect(JSON.parse(known.stdout).reasons).not.toHaveProperty('partition');
  });

  it('finds a stream of another region by its ARN', async () => {
    // Act
    const name = named('has a fixed prefix');
    const arn = `arn:aws:firehose:us-east-1:123456789012:deliverystream/${name}`;
    const { status, stdout } = await run([arn], { AWS_REGION: undefined, AWS_CONFIG_FILE: '/nowhere' });

    // Assess
    expect(status).toBe(0);
    expect(stdout).toContain(`AWS_REGION=us-east-1 npx cdk deploy -c deliveryStreamName=${name} `);
  });

  it.each<[string, readonly string[], NodeJS.ProcessEnv, string]>([
    [
      'there is no such stream',
      ['other'],
      {},
      'error: describing the delivery stream other: ResourceNotFoundException: Firehose other under account 123456789012 ' +
        'not found: correct its name, or if it is in another region, set AWS_REGION or give its ARN',
    ],
    [
      'there is no region',
      ['other'],
      { AWS_REGION: undefined, AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' },
      'error: describing the delivery stream other: Region is missing: set AWS_REGION',
    ],
    [
      'no canary can watch the stream',
      [named('reads a topic of MSK')],
      {},
      'cannot be watched: Firehose refuses PutRecord on it',
    ],
    ['no stream is named', [], {}, "error: missing required argument 'stream'"],
    [
      'a setting has no value',
      ['my-stream', '-c', 'count'],
      {},
      'Expected KEY=VALUE, for example alarmEmail=',
    ],
  ])('ends with one line and status 2 when %s', async (_, args, environment, message) => {
    // Act
    const { status, stdout, stderr } = await run(args, environment);

    // Assess
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(message)]);
  });

  it.each(shapes.filter(({ refusal }) => !refusal))(
    'deploys a prover for a stream that $what',
    ({ name, context }) => {
      const stream = context && 'kinesisStreamName' in context ? {} : { deliveryStreamName: name };
      const settings = { ...stream, bucketName: 'my-bucket', ...context };
      expect(createStack({ monitoring: 'off', ...settings }).producer.prover).toBeDefined();
    },
  );
});
