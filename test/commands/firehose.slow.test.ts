import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  listFiles,
  makeClient,
  makeDirectory,
  makeServer,
  readObjects,
  until,
} from '../emulator/firehose/factories.ts';
import { cliPath } from '../terminal/built-cli.ts';

function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}

const hasBoto3 = works('python3', '-c', 'import boto3');
const hasAwsCli = works('aws', '--version');
const awsCliIsVersion1 = hasAwsCli && /^aws-cli\/1/.test(execFileSync('aws', ['--version']).toString());
if (!hasBoto3) {
  console.warn('SKIPPED: boto3 is not on this machine');
}
if (!hasAwsCli) {
  console.warn('SKIPPED: the AWS CLI is not on this machine');
}

/** Starts the real process, and waits until it listens. */
async function startBin(...args: string[]) {
  return startBinIn(makeDirectory(), ...args);
}

/** Does the same with a directory for the objects. */
async function startBinIn(output: string, ...args: string[]) {
  const child = spawn(process.execPath, [cliPath, 'firehose', '--port', '0', '--output', output, ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const text = collect(child);
  await until(() => text().includes('boto3:'), 20_000);
  const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(text())![0];
  const client = makeClient(endpoint);
  onTestFinished(() => client.destroy());
  const put = (DeliveryStreamName: string, ...lines: string[]) => {
    const Records = lines.map((line) => ({ Data: Buffer.from(line) }));
    return client.send(new PutRecordBatchCommand({ DeliveryStreamName, Records }));
  };
  const stop = async (signal: NodeJS.Signals = 'SIGINT') => {
    child.kill(signal);
    return (await once(child, 'close'))[0] as number | null;
  };
  return { output, text, endpoint, put, stop };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk;
    });
  }
  return () => text;
}

function runBin(...args: string[]) {
  return new Promise<{ status: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [cliPath, 'firehose', ...args], (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    );
  });
}

/** A line of the greeting, as its reader would paste it. */
function pastedLine(greeting: string, start: string): string {
  return greeting
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line.startsWith(start))!;
}

describe('npm run firehose', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('delivers what it buffered when it gets %s', async (signal) => {
    // Prepare
    const { output, text, put, stop } = await startBin('--stream', 'ticks');
    await put('ticks', 'a\n', 'b\n');
    const pathsBefore = listFiles(join(output, 'ticks-bucket'));

    // Act
    const status = await stop(signal);

    // Assess
    expect(pathsBefore).toEqual([]);
    expect(status).toBe(0);
    expect(readObjects(join(output, 'ticks-bucket'))).toEqual(['a\nb\n']);
    expect(text()).toMatch(/Records: 2, 4 bytes\. Objects: 1, \d+ bytes on disk\./);
    expect(text()).toContain(listFiles(join(output, 'ticks-bucket'))[0]);
    expect(listFiles(join(output, '.uploads'))).toEqual([]);
  });

  it('delivers what it acknowledged before kill -9 at the next start, whole and once', async () => {
    // Prepare: a writer that is under way when the process dies, and objects of every stage.
    const { output, put, stop } = await startBin('--stream', 'ticks');
    const sent: string[] = [];
    const acknowledged: string[] = [];
    const write = async (writer: number) => {
      for (let request = 0; ; request += 1) {
        const lines = Array.from(
          { length: 20 },
          (_, record) => `${writer}.${request}.${record} ${'x'.repeat(10_000)}\n`,
        );
        sent.push(...lines);
        await put('ticks', ...lines);
        acknowledged.push(...lines);
      }
    };
    const writers = Promise.allSettled([0, 1, 2, 3].map(write));
    await until(() => acknowledged.length >= 2_000, 30_000);

    // Act
    await Promise.all([stop('SIGKILL'), writers]);
    const next = await startBinIn(output, '--stream', 'other');
    await next.stop();

    // Assess
    const lines = readObjects(join(output, 'ticks-bucket')).flatMap((object) => object.split(/(?<=\n)/));
    const seen = new Set(lines);
    expect(lines).toHaveLength(seen.size);
    expect(acknowledged.filter((line) => !seen.has(line))).toEqual([]);
    expect(lines.filter((line) => !sent.includes(line))).toEqual([]);
    expect(next.text()).toContain('Delivered records that an earlier, killed Firehose had acknowledged:\n');
    expect(listFiles(join(output, '.uploads'))).toEqual([]);
  });

  it('leaves alone what another one in the same directory buffers', async () => {
    // Prepare
    const { output, put, stop } = await startBin('--stream', 'ticks');
    await put('ticks', 'a\n');

    // Act
    const next = await startBinIn(output, '--stream', 'other');
    await next.stop();
    const pathsBefore = listFiles(join(output, 'ticks-bucket'));
    await stop();

    // Assess
    expect(pathsBefore).toEqual([]);
    expect(readObjects(join(output, 'ticks-bucket'))).toEqual(['a\n']);
    expect(next.text()).not.toContain('Delivered');
  });

  it('names its objects like the stack does', async () => {
    // Prepare
    const { output, put, stop } = await startBin();

    // Act
    await put('firehose-event-producer', 'a');
    await stop();

    // Assess
    expect(listFiles(output)).toEqual([
      expect.stringMatching(
        /firehose-event-producer-bucket\/events\/datehour=\d{4}-\d\d-\d\d-\d\d\/firehose-event-producer-1-[\d-]{19}-[0-9a-f-]{36}\.gz$/,
      ),
    ]);
  });

  const port = 'a whole number from 0 to 65535, for example 4573';
  const name = 'the name of a delivery stream: 1 to 64 letters, digits, _, . or -, for example my-stream';
  const invalid = (option: string, argument: string, expectation: string) =>
    `error: option '${option}' argument '${argument}' is invalid. Expected ${expectation}.\n`;

  it.each([
    [['--port', '70000'], invalid('--port <number>', '70000', port)],
    [['--port', 'x'], invalid('--port <number>', 'x', port)],
    [['--stream', 'a b'], invalid('--stream <name>', 'a b', name)],
    [
      ['--output', 'package.json'],
      'error: --output is package.json: expected a writable directory, for example .local (it is a file)\n',
    ],
    [['--prot', '1'], "error: unknown option '--prot'\n(Did you mean --port?)\n"],
    [
      ['extra'],
      "error: too many arguments for 'firehose'. Expected 0 arguments but got 1.\nPut options after --, for example: npm run firehose -- --port 0\n",
    ],
  ])('refuses %j, with the expectation and exit status 2', async (args, stderr) => {
    const result = await runBin(...args);
    expect(result).toEqual({ status: 2, stdout: '', stderr });
  });

  it('explains itself with --help', async () => {
    // Act
    const result = await runBin('--help');

    // Assess
    expect(result).toMatchObject({ status: 0, stderr: '' });
    for (const option of ['--port', '4573', '--stream', '--output', '.local']) {
      expect(result.stdout).toContain(option);
    }
  });

  it('reports in one line that its port is taken, with exit status 2', async () => {
    // Prepare
    const { endpoint } = await makeServer();

    // Act
    const result = await runBin('--port', new URL(endpoint).port, '--output', makeDirectory());

    // Assess
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toMatch(
      /^error: --port is \d+: another program uses it\. Expected a free port, for example --port 0 for any\n$/,
    );
  });
});

describe('the lines to paste', () => {
  const sources = [
    [[], 'RecordId'],
    [['--source', 'kinesis'], 'SequenceNumber'],
  ] as const;

  it.skipIf(!hasBoto3).each(sources)('work with boto3 after %j', async (args, id) => {
    // Prepare
    const { output, text, stop } = await startBin(...args);

    // Act
    const script = `${pastedLine(text(), 'export ')}\n${pastedLine(text(), 'python3 ')}`;
    const { stdout } = await promisify(execFile)('bash', ['-c', script]);
    await stop();

    // Assess
    expect(stdout).toContain(`'${id}': '`);
    expect(readObjects(join(output, 'firehose-event-producer-bucket'))).toEqual(['hello\n']);
  });

  it.skipIf(!hasAwsCli).each(sources)('work with the AWS CLI after %j', async (args, id) => {
    // Prepare
    const { output, text, stop } = await startBin(...args);

    // Act
    const put = pastedLine(text().split(`version ${awsCliIsVersion1 ? 1 : 2}:`)[1]!, 'aws ');
    const { stdout } = await promisify(execFile)('bash', ['-c', `${pastedLine(text(), 'export ')}\n${put}`]);
    await stop();

    // Assess
    expect(JSON.parse(stdout)).toMatchObject({ [id]: expect.any(String) });
    expect(readObjects(join(output, 'firehose-event-producer-bucket'))).toEqual(['hello\n']);
  });
});

describe('the Kinesis in front of it', () => {
  const script = `
import boto3, sys
client = boto3.client('kinesis', endpoint_url=sys.argv[1], region_name='us-east-1',
                      aws_access_key_id='local', aws_secret_access_key='local')
records = [{'Data': b'%d\\n' % index, 'PartitionKey': str(index)} for index in range(100)]
print(client.put_records(StreamName='ticks', Records=records)['FailedRecordCount'])
read = []
for shard in client.get_paginator('list_shards').paginate(StreamName='ticks').search('Shards[].ShardId'):
    iterator = client.get_shard_iterator(StreamName='ticks', ShardId=shard, ShardIteratorType='TRIM_HORIZON')
    response = client.get_records(ShardIterator=iterator['ShardIterator'])
    print(response['MillisBehindLatest'], len(response['Records']) > 20)
    read += [record['Data'] for record in response['Records']]
print(sorted(read) == sorted(record['Data'] for record in records))
try:
    client.put_record(StreamName='other', Data=b'a', PartitionKey='a')
except client.exceptions.ResourceNotFoundException as error:
    print(error)
client.create_stream(StreamName='other', ShardCount=3)
client.get_waiter('stream_exists').wait(StreamName='other')
print(client.list_streams()['StreamNames'])
`;

  it.skipIf(!hasBoto3)('puts and reads with boto3, and Firehose delivers what was put', async () => {
    // Prepare
    const { output, endpoint, stop } = await startBin('--stream', 'ticks', '--source', 'kinesis');

    // Act
    const { stdout } = await promisify(execFile)('python3', ['-c', script, endpoint]);
    await stop();

    // Assess
    expect(stdout.trimEnd().split('\n')).toEqual([
      '0',
      '0 True',
      '0 True',
      'True',
      'An error occurred (ResourceNotFoundException) when calling the PutRecord operation: Stream other under account 123456789012 not found.',
      "['other', 'ticks']",
    ]);
    const lines = Array.from({ length: 100 }, (_, index) => `${index}\n`);
    expect(readObjects(join(output, 'ticks-bucket'))).toEqual([lines.join('')]);
  });

  it.skipIf(!hasAwsCli)('reads with the AWS CLI what it put, and lists streams', async () => {
    // Prepare
    const { text } = await startBin('--source', 'kinesis');
    const name = 'firehose-event-producer';
    const script = `
${pastedLine(text(), 'export ')}
set -e
aws kinesis put-record --stream-name ${name} --partition-key a --data aGVsbG8= --query ShardId
iterator=$(aws kinesis get-shard-iterator --stream-name ${name} --shard-id 0 --shard-iterator-type TRIM_HORIZON --query ShardIterator --output text)
aws kinesis get-records --shard-iterator "$iterator" --query 'Records[].PartitionKey'
aws kinesis list-streams --query StreamNames
aws kinesis describe-stream-summary --stream-name ${name} --query StreamDescriptionSummary.OpenShardCount
aws firehose describe-delivery-stream --delivery-stream-name ${name} --query DeliveryStreamDescription.DeliveryStreamType`;

    // Act
    const { stdout } = await promisify(execFile)('bash', ['-c', script]);

    // Assess
    expect(JSON.parse(`[${stdout.trim().replaceAll(/\n(?=["[\d])/g, ',')}]`)).toEqual([
      'shardId-000000000000',
      ['a'],
      [name],
      2,
      'KinesisStreamAsSource',
    ]);
  });
});

describe('the S3 beside it', () => {
  it.skipIf(!hasBoto3)('lists and reads with boto3 what landed', async () => {
    // Prepare
    const { output, endpoint } = await startBin('--stream', 'ticks');
    mkdirSync(join(output, 'ticks-bucket', 'events'), { recursive: true });
    writeFileSync(join(output, 'ticks-bucket', 'events', 'a b+c é.gz'), 'hello');
    const script = `
import boto3, sys
client = boto3.client('s3', endpoint_url=sys.argv[1], region_name='us-east-1',
                      aws_access_key_id='local', aws_secret_access_key='local')
for found in client.list_objects_v2(Bucket='ticks-bucket', Prefix='events/')['Contents']:
    body = client.get_object(Bucket='ticks-bucket', Key=found['Key'])['Body'].read()
    print(ascii(found['Key']), found['Size'], body.decode())
`;

    // Act
    const { stdout } = await promisify(execFile)('python3', ['-c', script, endpoint]);

    // Assess
    expect(stdout).toBe("'events/a b+c \\xe9.gz' 5 hello\n");
  });
});

describe('boto3', () => {
  const script = `
import boto3, botocore, sys
client = boto3.client('firehose', endpoint_url=sys.argv[1], region_name='us-east-1',
                      aws_access_key_id='local', aws_secret_access_key='local')
print(client.describe_delivery_stream(DeliveryStreamName='my-stream')['DeliveryStreamDescription']['DeliveryStreamStatus'])
response = client.put_record_batch(DeliveryStreamName='my-stream', Records=[{'Data': b'a\\xff'}, {'Data': 'b'}])
print(response['FailedPutCount'], len(response['RequestResponses']), response['Encrypted'])
try:
    client.put_record(DeliveryStreamName='other', Record={'Data': b'a'})
except client.exceptions.ResourceNotFoundException as error:
    print(error)
`;

  it.skipIf(!hasBoto3)('describes, puts and meets errors as with AWS', async () => {
    // Prepare
    const { endpoint, stream } = await makeServer();

    // Act
    const { stdout } = await promisify(execFile)('python3', ['-c', script, endpoint]);

    // Assess
    expect(stdout.trimEnd().split('\n')).toEqual([
      'ACTIVE',
      '0 2 True',
      'An error occurred (ResourceNotFoundException) when calling the PutRecord operation: Firehose other under account 123456789012 not found.',
    ]);
    expect(stream.totals).toMatchObject({ records: 2, recordBytes: 3 });
  });
});
