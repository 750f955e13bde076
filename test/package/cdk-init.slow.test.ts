import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** `.ci/run` names the tarball and some Nodes. The project installs Jest, which needs a network. */
const { TARBALL, NODES = '' } = process.env;

const app = join(mkdtempSync(join(tmpdir(), 'init-')), 'my-app');

afterAll(() => rmSync(join(app, '..'), { recursive: true }));

describe.runIf(TARBALL)('a fresh cdk init project with the package', () => {
  beforeAll(() => {
    mkdirSync(app);
    const inApp = { cwd: app, stdio: 'ignore' } as const;
    const cdk = join(process.cwd(), 'node_modules/.bin/cdk');
    execFileSync(cdk, ['init', 'app', '--language', 'typescript', '--generate-only'], inApp);
    execFileSync('npm', ['install', '--no-audit', '--no-fund', TARBALL!], inApp);
    writeFileSync(
      join(app, 'lib/my-app-stack.ts'),
      `import * as cdk from 'aws-cdk-lib/core';
      import { Construct } from 'constructs';
      import { EventProducer } from 'firehose-event-producer';
      export class MyAppStack extends cdk.Stack {
        constructor(scope: Construct, id: string, props?: cdk.StackProps) {
          super(scope, id, props);
          new EventProducer(this, 'Producer', { count: 10, eventTemplate: '{{random.uuid}} {{name.firstName}}' });
        }
      }`,
    );
    writeFileSync(
      join(app, 'test/my-app.test.ts'),
      `import * as cdk from 'aws-cdk-lib/core';
      import { Template } from 'aws-cdk-lib/assertions';
      import { EventProducer, PropError } from 'firehose-event-producer';
      import * as MyApp from '../lib/my-app-stack';
      const stack = new MyApp.MyAppStack(new cdk.App(), 'MyTestStack');
      test('has a stream', () => {
        Template.fromStack(stack).resourceCountIs('AWS::KinesisFirehose::DeliveryStream', 1);
      });
      test('refuses an invalid prop', () => {
        expect(() => new EventProducer(stack, 'Other', { count: 0 })).toThrow(PropError);
      });`,
    );
  });

  it.each(NODES.split(' '))('passes its Jest tests on %s', (node) => {
    const { status, stderr } = spawnSync(node, ['node_modules/.bin/jest'], { cwd: app, encoding: 'utf8' });

    expect(stderr).toContain('2 passed, 2 total');
    expect(status).toBe(0);
  });

  it('is synthesized by its cdk.json, which checks the types', () => {
    const { status, stderr } = spawnSync('npx', ['cdk', 'synth', '--quiet'], { cwd: app, encoding: 'utf8' });

    expect([status, stderr]).toEqual([0, expect.not.stringContaining('arning')]);
  });
});
