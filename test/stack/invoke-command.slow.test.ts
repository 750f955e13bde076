import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { templateOf } from './synth.ts';

const hasAwsCli = spawnSync('aws', ['--version']).status === 0;
if (!hasAwsCli) {
  console.warn('SKIPPED: the AWS CLI is not on this machine');
}

/** The output as CloudFormation shows it, of a function that is called my-function. */
function outputLine(): string {
  const { Value } = templateOf({ count: '5000' }).findOutputs('InvokeCommand').InvokeCommand!;
  const parts: (string | object)[] = Value['Fn::Join'][1];
  const resolve = (part: object) =>
    JSON.stringify(part).includes('AWS::Region') ? 'us-east-1' : 'my-function';
  return parts.map((part) => (typeof part === 'string' ? part : resolve(part))).join('');
}

/** The command that the docs show. */
function docsLine(): string {
  const [, command] = /```sh\n((?:.*\n)?aws lambda invoke [^`]*)```/.exec(
    readFileSync('docs/options.md', 'utf8'),
  )!;
  return command!.replace('FUNCTION_NAME', 'my-function').replace('docs/', `${resolve('docs')}/`);
}

/** A Lambda that takes every payload for the time of a test. */
async function startLambda() {
  const received: { url: string; payload: string }[] = [];
  const server = createServer(async (request, response) => {
    received.push({ url: request.url!, payload: await text(request) });
    response.end('{"eventsDelivered":5000}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { received, endpointUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it('the output InvokeCommand names the region', () => {
  expect(outputLine()).toContain('--function-name my-function --region us-east-1 --cli-read-timeout 0');
});

describe.each([
  ['the output InvokeCommand', outputLine, { count: 5_000 }],
  ['the line in docs/options.md', docsLine, { count: 1_000 }],
])('%s', (_, createLine, payload) => {
  it('has nothing that only one version of the AWS CLI knows, and overwrites no output of a shell', () => {
    const line = createLine();

    expect(line).toContain('aws lambda invoke --function-name my-function');
    // Version 1 does not know the option; version 2 takes any other form of payload for base64.
    expect(line).not.toContain('--cli-binary-format');
    expect(line).toContain('--payload fileb://');
    expect(line).not.toContain('/dev/stdout');
  });

  it.skipIf(!hasAwsCli)(
    'sends the payload as it is, and appends the report to what a shell redirects',
    async () => {
      // Prepare
      const { received, endpointUrl } = await startLambda();
      const directory = mkdtempSync(join(tmpdir(), 'invoke-'));
      onTestFinished(() => rmSync(directory, { recursive: true }));

      // Act
      // Not by AWS_ENDPOINT_URL: older versions do not know it.
      const script = `aws() { command aws --endpoint-url ${endpointUrl} "$@"; }
        { echo before; ${createLine().trimEnd()}; } > log`;
      await promisify(execFile)('bash', ['-c', script], {
        cwd: directory,
        env: {
          ...process.env,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_DEFAULT_REGION: 'us-east-1',
        },
      });

      // Assess
      expect(received.map(({ url }) => url)).toEqual(['/2015-03-31/functions/my-function/invocations']);
      expect(received.map((request) => JSON.parse(request.payload))).toEqual([payload]);
      expect(readFileSync(join(directory, 'log'), 'utf8')).toMatch(
        /^before\n[\s\S]*"StatusCode": 200[\s\S]*\{"eventsDelivered":5000\}$/,
      );
    },
  );
});
