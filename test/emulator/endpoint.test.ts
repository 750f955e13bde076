import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEndpoint } from '../../lib/emulator/endpoint.ts';
import { parseFaults } from '../../lib/emulator/faults.ts';
import {
  listFiles,
  makeClient,
  makeDirectory,
  makeSettings,
  makeStream,
  readObjects,
} from './firehose/factories.ts';

const WorkQueue = { queueName: 'work', visibilityTimeoutMs: 1_000, maxReceiveCount: 2 };
const Entries = Array.from({ length: 10 }, (_, index) => ({
  Id: String(index),
  MessageBody: `body ${index}`,
}));
const Records = [{ Data: Buffer.from('a') }, { Data: Buffer.from('b') }];

/** Firehose and SQS with faults, and the SDK's clients for them, without retries. */
async function start(faults: string) {
  const aws = await startEndpoint({
    deliveryStream: makeSettings(),
    workQueue: WorkQueue,
    outputDirectory: makeDirectory(),
    faults: parseFaults(faults),
  });
  const firehose = makeClient(aws.endpointUrl);
  const sqs = new SQSClient({
    endpoint: aws.endpointUrl,
    useQueueUrlAsEndpoint: false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    firehose.destroy();
    sqs.destroy();
    await aws.stop();
  });
  const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/work';
  const put = () => firehose.send(new PutRecordBatchCommand({ DeliveryStreamName: 'my-stream', Records }));
  const send = () => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  return { aws, put, send };
}

describe('the faults of SQS', () => {
  it('leave Firehose alone, and those of Firehose leave SQS alone', async () => {
    // Prepare
    const ofQueue = await start('queue=error=1');
    const ofFirehose = await start('error=1');

    // Act
    const outcomes = await Promise.allSettled([
      ofQueue.put(),
      ofQueue.send(),
      ofFirehose.put(),
      ofFirehose.send(),
    ]);

    // Assess
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  });

  it('do not change which requests Firehose fails', async () => {
    // Prepare
    const statuses = async (faults: string) => {
      const { put, send } = await start(faults);
      const seen: string[] = [];
      for (let request = 0; request < 10; request += 1) {
        await send().catch(() => {});
        await put().then(
          () => seen.push('ok'),
          (error) => seen.push(error.name),
        );
      }
      return seen;
    };

    // Act
    const [alone, both] = [await statuses('error=0.5'), await statuses('error=0.5,queue=error=0.5')];

    // Assess
    expect(both).toEqual(alone);
  });

  it('throttle: refuses some messages of a batch, and takes the others', async () => {
    // Prepare
    const { aws, send } = await start('queue=throttle=0.5');

    // Act
    const { Successful = [], Failed = [] } = await send();

    // Assess
    expect([...Successful, ...Failed].map(({ Id }) => Id).sort()).toEqual(Entries.map(({ Id }) => Id));
    expect(Failed.length).toBeGreaterThan(0);
    expect(Failed[0]).toMatchObject({ Code: 'RequestThrottled', SenderFault: false });
    expect(aws.workQueue.size).toBe(Successful.length);
  });

  it('miscount: an entry is in neither list, though every message was taken', async () => {
    // Prepare
    const { aws, send } = await start('queue=miscount=1');

    // Act
    const { Successful = [], Failed = [] } = await send();

    // Assess
    expect([...Successful, ...Failed]).toHaveLength(9);
    expect(aws.workQueue.size).toBe(10);
  });

  it.each([
    ['error', 0],
    ['reset', undefined],
    ['truncate', 10],
    ['html', 0],
    ['expired', 0],
    ['outage', 0],
  ] as const)('%s: the SDK throws', async (fault, taken) => {
    // Prepare
    const { aws, send } = await start(fault === 'outage' ? 'queue=outage=9s@0s' : `queue=${fault}=1`);

    // Act
    const sent = send();

    // Assess
    await expect(sent).rejects.toThrow();
    if (taken !== undefined) {
      expect(aws.workQueue.size).toBe(taken);
    }
  });

  it('expired: has the name that the SDK knows', async () => {
    // Prepare
    const { put, send } = await start('expired=1,queue=expired=1');

    // Act
    const outcomes = [put(), send()];

    // Assess
    for (const outcome of outcomes) {
      await expect(outcome).rejects.toMatchObject({
        name: 'ExpiredTokenException',
        $metadata: { httpStatusCode: 400 },
      });
    }
  });
});

describe('starting', () => {
  it('delivers what an earlier process in the same directory acknowledged before it was killed', async () => {
    // Prepare: the folder of a live stream, under the name of a process that cannot be.
    const { stream, directory, bucket } = makeStream();
    await stream.put([Buffer.from('a\n')]);
    const uploads = join(directory, '.uploads');
    renameSync(join(uploads, readdirSync(uploads)[0]!), join(uploads, '99999999-1-abcdef'));

    // Act
    const aws = await startEndpoint({
      deliveryStream: makeSettings(),
      workQueue: WorkQueue,
      outputDirectory: directory,
    });
    onTestFinished(aws.stop);

    // Assess
    expect(aws.orphans).toEqual(listFiles(bucket));
    expect(readObjects(bucket)).toEqual(['a\n']);
    expect(aws.deliveryStream.totals.keys).toEqual([]);
  });
});

describe('stopping', () => {
  it.each(['hang=1', 'drip=1', 'latency=900000', 'queue=hang=1', 'queue=latency=900000'])(
    'ends at once what %s left open, and nothing keeps the process',
    async (faults) => {
      // Prepare
      const script = `
        import { startEndpoint } from './lib/emulator/endpoint.ts';
        import { parseFaults } from './lib/emulator/faults.ts';
        const aws = await startEndpoint({
          deliveryStream: ${JSON.stringify(makeSettings())},
          workQueue: ${JSON.stringify(WorkQueue)},
          outputDirectory: ${JSON.stringify(makeDirectory())},
          faults: parseFaults('${faults}'),
        });
        const target = '${faults}'.startsWith('queue=') ? 'AmazonSQS.SendMessageBatch' : 'Firehose_20150804.X';
        const headers = { 'x-amz-target': target };
        const lost = fetch(aws.endpointUrl, { method: 'POST', headers, body: '{}' })
          .then((response) => response.text())
          .catch(() => console.log('lost'));
        setTimeout(async () => {
          await aws.stop();
          await lost;
          console.log('stopped');
        }, 300);`;
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
      onTestFinished(() => void child.kill('SIGKILL'));
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += chunk;
      });

      // Act
      await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });

      // Assess
      expect(output).toBe('lost\nstopped\n');
    },
  );
});
