import type { FirehoseClient } from '@aws-sdk/client-firehose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeCanary, watch } from '../../../lib/commands/watch/watch.ts';
import { makeClient } from '../../emulator/firehose/factories.ts';
import { contextOf, nameOf, serveShapes, streamShapes } from './streams.ts';

let firehose: Awaited<ReturnType<typeof serveShapes>>;
let client: FirehoseClient;

beforeAll(async () => {
  firehose = await serveShapes();
  client = makeClient(firehose.endpoint);
});

afterAll(() => {
  client.destroy();
  firehose.close();
});

describe('watch', () => {
  it.each(streamShapes.map((shape, index) => ({ ...shape, name: nameOf(index) })))(
    'knows a stream that $what',
    async ({ name, context = {}, refusal }) => {
      // Act
      const watching = watch(name, {}, client, 'us-east-1');

      // Assess
      if (refusal) {
        await expect(watching).rejects.toThrow(refusal);
        return;
      }
      const { command } = await watching;
      const stream = 'kinesisStreamName' in context ? {} : { deliveryStreamName: name };
      const expected = { ...stream, bucketName: 'my-bucket', ...context };
      expect(command).toMatch(/^npx cdk deploy -c /);
      expect(contextOf(command)).toEqual(expected);
    },
  );

  it('prints what each setting is there for, and what the line may have beside', async () => {
    // Prepare
    const index = streamShapes.findIndex(({ what }) => what.includes('Hive'));

    // Act
    const text = describeCanary(await watch(nameOf(index), { count: '5' }, client, 'eu-west-1'));

    // Assess
    const [command, ...lines] = text.split('\n');
    expect(command).toBe(
      `AWS_REGION=us-east-1 npx cdk deploy -c deliveryStreamName=${nameOf(index)} -c bucketName=my-bucket -c prefix=` +
        `'year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/' -c count=5`,
    );
    expect(lines).toEqual([
      '',
      expect.stringMatching(/^ {2}deliveryStreamName {2}the stream/),
      expect.stringMatching(/^ {2}bucketName {10}the bucket/),
      expect.stringMatching(/^ {2}prefix {14}names the hours/),
      '',
      'For a mail when an alarm fires, add -c alarmEmail=you@example.com',
    ]);
  });

  it('takes an ARN, if its account is that of the credentials', async () => {
    // Prepare
    const arn = (account: string) => `arn:aws:firehose:us-east-1:${account}:deliverystream/${nameOf(0)}`;

    // Act
    const { context } = await watch(arn('123456789012'), {}, client, 'us-east-1');
    const elsewhere = watch(arn('210987654321'), {}, client, 'us-east-1');

    // Assess
    expect(context).toEqual({ deliveryStreamName: nameOf(0), bucketName: 'my-bucket' });
    await expect(elsewhere).rejects.toThrow('set AWS_PROFILE to one of 210987654321');
  });
});
