import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
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
    queues: [WorkQueue],
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
  return { aws, firehose, put, send };
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
    expect(aws.queues.get('work')?.size).toBe(Successful.length);
  });

  it('miscount: an entry is in neither list, though every message was taken', async () => {
    // Prepare
    const { aws, send } = await start('queue=miscount=1');

    // Act
    const { Successful = [], Failed = [] } = await send();

    // Assess
    expect([...Successful, ...Failed]).toHaveLength(9);
    expect(aws.queues.get('work')?.size).toBe(10);
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
      expect(aws.queues.get('work')?.size).toBe(taken);
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

describe('the faults of delivery', () => {
  it('lose: acknowledged records never land, the same ones for the same seed', async () => {
    // Prepare
    const landed = async () => {
      const { aws, firehose } = await start('lose=0.3');
      const Many = Array.from({ length: 100 }, (_, index) => ({ Data: Buffer.from(`${index}\n`) }));
      const { FailedPutCount } = await firehose.send(
        new PutRecordBatchCommand({ DeliveryStreamName: 'my-stream', Records: Many }),
      );
      await aws.deliveryStream.flush();
      const [key = ''] = aws.deliveryStream.totals.keys;
      const body = await fetch(`${aws.endpointUrl}/my-bucket/${key}`).then((response) =>
        response.arrayBuffer(),
      );
      return { FailedPutCount, records: aws.records, text: gunzipSync(Buffer.from(body)).toString() };
    };

    // Act
    const [first, second] = [await landed(), await landed()];

    // Assess
    const { offered, refused, lost } = first.records;
    expect([first.FailedPutCount, offered, refused]).toEqual([0, 100, 0]);
    expect(lost).toBeGreaterThan(10);
    expect(first.text.trimEnd().split('\n')).toHaveLength(100 - lost);
    expect(second.text).toBe(first.text);
  });

  it('s3=deny: objects land afterwards, and say so', async () => {
    // Prepare
    const { aws, put } = await start('s3=deny@0s-1.5s');
    const list = async () => (await fetch(`${aws.endpointUrl}/my-bucket?list-type=2`)).text();
    await put();

    // Act
    const startedMs = Date.now();
    const flushed = aws.deliveryStream.flush();
    const [during] = await Promise.all([list(), flushed]);
    const after = await list();

    // Assess
    expect(during).toContain('<KeyCount>0</KeyCount>');
    expect(after).toContain('<KeyCount>1</KeyCount>');
    const [, landed = ''] = /<LastModified>(.*)<\/LastModified>/.exec(after) ?? [];
    expect(Date.parse(landed)).toBeGreaterThanOrEqual(startedMs);
  });

  it('s3=deny: stopping does not wait for its end', async () => {
    // Prepare
    const { aws, put } = await start('s3=deny@0s-900s');
    await put();

    // Act
    await aws.stop();

    // Assess
    expect(aws.deliveryStream.totals.keys).toHaveLength(1);
  });
});

describe('the queues', () => {
  it('hand their dead letters to the queue that they name, which comes first or later', async () => {
    // Prepare
    const proof = {
      queueName: 'proof',
      visibilityTimeoutMs: 0,
      maxReceiveCount: 1,
      deadLetterQueueName: 'dead',
    };
    const aws = await startEndpoint({
      deliveryStream: makeSettings(),
      queues: [{ ...proof, queueName: 'work' }, { queueName: 'dead', visibilityTimeoutMs: 0 }, proof],
      outputDirectory: makeDirectory(),
    });
    onTestFinished(() => aws.stop());

    // Act
    for (const name of ['work', 'proof']) {
      const queue = aws.queues.get(name);
      queue?.send(name);
      queue?.receive(1);
      queue?.receive(1);
    }

    // Assess
    expect(aws.queues.get('dead')?.bodies).toEqual(['work', 'proof']);
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
      queues: [WorkQueue],
      outputDirectory: directory,
    });
    onTestFinished(() => aws.stop());

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
          queues: [${JSON.stringify(WorkQueue)}],
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
