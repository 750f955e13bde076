import { connect } from 'node:net';
import {
  DescribeDeliveryStreamCommand,
  FirehoseServiceException,
  PutRecordBatchCommand,
  type PutRecordBatchCommandOutput,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { describe, expect, it } from 'vitest';
import { targets } from '../../../lambda/contract/targets.ts';
import { createRandom } from '../../../lib/emulator/random.ts';
import { makeServer, readObjects, until } from './factories.ts';

const Headers = {
  authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/firehose/aws4_request',
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'Firehose_20150804.PutRecordBatch',
};

/** Sends a request that no SDK would send. A header of `undefined` is left out. */
async function send(
  endpoint: string,
  body: string,
  headers: Record<string, string | undefined> = {},
  method = 'POST',
) {
  const all = Object.entries({ ...Headers, ...headers }).filter(([, value]) => value !== undefined);
  const response = await fetch(endpoint, {
    method,
    headers: Object.fromEntries(all) as Record<string, string>,
    ...(method === 'POST' && { body }),
  });
  return { status: response.status, headers: response.headers, json: JSON.parse(await response.text()) };
}

function toData(...texts: string[]): { Data: Buffer }[] {
  return texts.map((text) => ({ Data: Buffer.from(text) }));
}

function put(...Records: { Data: Buffer }[]): PutRecordBatchCommand {
  return new PutRecordBatchCommand({ DeliveryStreamName: 'my-stream', Records });
}

describe('a client of the AWS SDK', () => {
  it('puts one record', async () => {
    // Prepare
    const { client, stream, bucket } = await makeServer();

    // Act
    const output = await client.send(
      new PutRecordCommand({ DeliveryStreamName: 'my-stream', Record: { Data: Buffer.from('one\n') } }),
    );
    await stream.flush();

    // Assess
    expect(output).toMatchObject({ RecordId: expect.stringMatching(/^.{36}\.0$/), Encrypted: true });
    expect(output.RecordId).toContain(output.$metadata.requestId);
    expect(readObjects(bucket)).toEqual(['one\n']);
  });

  it('puts a batch, and gets an id for each record', async () => {
    // Prepare
    const { client, stream, bucket } = await makeServer({ encrypted: false });

    // Act
    const output = await client.send(put(...toData('a\n', 'b\n', 'ü\n')));
    await stream.flush();

    // Assess
    expect(output).toMatchObject({ FailedPutCount: 0, Encrypted: false });
    expect(new Set(output.RequestResponses?.map(({ RecordId }) => RecordId)).size).toBe(3);
    expect(readObjects(bucket)).toEqual(['a\nb\nü\n']);
  });

  it('reads the description of the stream', async () => {
    // Prepare
    const { client } = await makeServer({
      prefix: 'raw/',
      fileExtension: '.json.gz',
      bufferingIntervalSeconds: 60,
      bufferingSizeMiB: 5,
      appendDelimiter: true,
    });

    // Act
    const output = await client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: 'my-stream' }));

    // Assess
    expect(output.DeliveryStreamDescription).toMatchObject({
      DeliveryStreamName: 'my-stream',
      DeliveryStreamARN: 'arn:aws:firehose:us-east-1:123456789012:deliverystream/my-stream',
      DeliveryStreamStatus: 'ACTIVE',
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfiguration: { Status: 'ENABLED' },
      VersionId: '1',
      HasMoreDestinations: false,
    });
    expect(output.DeliveryStreamDescription?.CreateTimestamp?.getTime()).toBeCloseTo(Date.now(), -5);
    expect(
      output.DeliveryStreamDescription?.Destinations?.[0]?.ExtendedS3DestinationDescription,
    ).toMatchObject({
      BucketARN: 'arn:aws:s3:::my-bucket',
      Prefix: 'raw/',
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 },
      CompressionFormat: 'GZIP',
      FileExtension: '.json.gz',
      ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord' }] },
    });
  });

  const other = { DeliveryStreamName: 'other', Records: toData('a') };
  const notFound = 'Firehose other under account 123456789012 not found.';
  const tooLarge = 'Records size exceeds 4 MB limit';
  const zeros = (...sizes: number[]) => sizes.map((bytes) => ({ Data: Buffer.alloc(bytes) }));
  const full = Array(4).fill(1_024_000);

  // As encoded, the same records take 5.6 MB. A recording of AWS: 4,194,304 bytes pass.
  it('puts 4 MiB of data, as base64 a third more', async () => {
    const { client } = await makeServer();
    const output = await client.send(put(...zeros(...full, 98_304)));
    expect(output.FailedPutCount).toBe(0);
  });

  it.each([
    ['ResourceNotFoundException', new PutRecordBatchCommand(other), notFound],
    ['ResourceNotFoundException', new DescribeDeliveryStreamCommand(other), notFound],
    ['ValidationException', put(...toData(...Array(501).fill('a'))), 'Expected <=500 but received 501'],
    [
      'ValidationException',
      put({ Data: Buffer.alloc(1_024_001) }),
      'Expected <=1024000 but received 1024001',
    ],
    ['InvalidArgumentException', put(...zeros(...full, 98_305)), tooLarge],
    ['InvalidArgumentException', put(...Array(40).fill({ Data: Buffer.alloc(1_000_000) })), tooLarge],
  ])('meets %s as an error of that name', async (name, command, message) => {
    // Prepare
    const { client, stream } = await makeServer();

    // Act
    const error = await client.send(command as PutRecordBatchCommand).catch((caught) => caught);

    // Assess
    expect(error).toBeInstanceOf(FirehoseServiceException);
    expect(error).toMatchObject({ name, message: expect.stringContaining(message) });
    expect(error.$metadata.httpStatusCode).toBe(400);
    expect(stream.totals.records).toBe(0);
  });

  it('gets everything stored exactly once, in spite of 30 % of the records being refused at random', async () => {
    // Prepare
    const random = createRandom(7);
    const { client, stream, bucket } = await makeServer({}, () =>
      random() < 0.3 ? 'ServiceUnavailableException' : undefined,
    );
    const events = Array.from({ length: 2_000 }, (_unused, index) => `event ${index}\n`);
    let refusedRecords = 0;

    // Act: send again what was refused, and only that.
    let pending = events;
    while (pending.length > 0) {
      const batch = pending.slice(0, 500);
      const output: PutRecordBatchCommandOutput = await client.send(put(...toData(...batch)));
      const refused = batch.filter(
        (_event, index) => output.RequestResponses?.[index]?.ErrorCode !== undefined,
      );
      expect(output.FailedPutCount).toBe(refused.length);
      refusedRecords += refused.length;
      pending = [...refused, ...pending.slice(500)];
    }
    await stream.flush();

    // Assess: of 2000 / 0.7 records sent, 30 % refused is 857.
    expect(refusedRecords).toBeGreaterThan(700);
    expect(refusedRecords).toBeLessThan(1_000);
    const stored = readObjects(bucket)
      .join('')
      .split(/(?<=\n)/);
    expect(stored.sort()).toEqual(events.toSorted());
    expect(stream.totals.records).toBe(events.length);
  });
});

describe('a refused record', () => {
  it('is marked in its own place of a batch, with its code and message', async () => {
    // Prepare
    const seen: string[] = [];
    const { client, stream, bucket } = await makeServer({}, (record, deliveryStreamName) => {
      seen.push(`${deliveryStreamName}: ${record}`);
      if (record.toString() === 'b') {
        return 'ServiceUnavailableException';
      }
      return record.toString() === 'd' ? 'InternalFailure' : undefined;
    });

    // Act
    const output = await client.send(put(...toData('a', 'b', 'c', 'd')));
    await stream.flush();

    // Assess
    expect(output.$metadata.httpStatusCode).toBe(200);
    expect(output.FailedPutCount).toBe(2);
    expect(output.RequestResponses).toEqual([
      { RecordId: expect.any(String) },
      { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' },
      { RecordId: expect.any(String) },
      { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal service failure' },
    ]);
    expect(seen).toEqual(['my-stream: a', 'my-stream: b', 'my-stream: c', 'my-stream: d']);
    expect(readObjects(bucket)).toEqual(['ac']);
  });

  it.each([
    ['ServiceUnavailableException', 503],
    ['InternalFailure', 500],
  ] as const)('is the error %s of PutRecord, with HTTP status %i', async (code, status) => {
    // Prepare
    const { client, stream } = await makeServer({}, () => code);

    // Act
    const error = await client
      .send(new PutRecordCommand({ DeliveryStreamName: 'my-stream', Record: { Data: Buffer.from('a') } }))
      .catch((caught) => caught);

    // Assess
    expect(error).toMatchObject({ name: code, $metadata: { httpStatusCode: status } });
    expect(stream.totals.records).toBe(0);
  });
});

describe('a request that no SDK would send', () => {
  const batch = JSON.stringify({ DeliveryStreamName: 'my-stream', Records: [{ Data: 'aGk=' }] });

  const target = (name: string | undefined) => ({ 'x-amz-target': name });

  it.each([
    ['is not signed', batch, { authorization: undefined }, 'MissingAuthenticationTokenException: Missing'],
    ['names no operation', batch, target(undefined), 'UnknownOperationException: Expected POST'],
    ['is for another service', batch, target('Kinesis_20131202.PutRecord'), /^Unknown.*got POST Kinesis_2/],
    ['names another operation', batch, target('Firehose_20150804.Delete'), /^Unknown.*0804.PutRecordBatch/],
    ['names a member of every object', batch, target('Firehose_20150804.constructor'), /^Unknown.*POST/],
    ['has another content type', batch, { 'content-type': 'text/plain' }, /^Unknown.*x-amz-json-1.1/],
    ['is empty', '', {}, 'SerializationException: The body is not JSON'],
    ['is not JSON', batch.slice(1), {}, 'SerializationException: The body is not JSON'],
    ['is a JSON list', '[]', {}, 'SerializationException: the body: '],
    ['has data that is not base64', batch.replace('aGk=', 'aG!='), {}, /^Serialization.*character: '!'/],
    ['has URL-safe base64', batch.replace('aGk=', 'aG-_'), {}, /^Serialization.*character: '-'/],
    ['has a number as data', batch.replace('"aGk="', '1'), {}, 'SerializationException: Records.0.Data: '],
    ['has no records', '{"DeliveryStreamName":"my-stream"}', {}, /^ValidationException: .*Records: /],
    [
      'is much larger than 4 MiB',
      batch.padEnd(2 * targets.firehose.maxRequestBytes + 1),
      {},
      /^InvalidArgument.*: Records size/,
    ],
  ])('and %s is refused', async (_what, body, headers, error) => {
    // Prepare
    const { endpoint, stream } = await makeServer();

    // Act
    const response = await send(endpoint, body, headers);

    // Assess
    expect(response.status).toBe(400);
    const { __type: type, message, Message } = response.json;
    expect(`${type}: ${message ?? Message}`).toMatch(error);
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(stream.totals.records).toBe(0);
  });

  it('and is a GET is refused', async () => {
    const { endpoint } = await makeServer();
    const response = await send(endpoint, '', {}, 'GET');
    expect(response).toMatchObject({ status: 400, json: { __type: 'UnknownOperationException' } });
  });

  it('and breaks off in the middle stores nothing, and the server goes on', async () => {
    // Prepare
    const { endpoint, server, stream } = await makeServer();
    const socket = connect(Number(new URL(endpoint).port), '127.0.0.1');
    const received = new Promise((resolve) => server.once('request', resolve));
    const head = Object.entries(Headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    socket.write(
      `POST / HTTP/1.1\r\nhost: local\r\n${head}content-length: ${batch.length + 1}\r\n\r\n${batch}`,
    );
    await received;

    // Act
    socket.destroy();
    await until(() => socket.closed);
    const response = await send(endpoint, batch);

    // Assess
    expect(response.status).toBe(200);
    expect(stream.totals.records).toBe(1);
  });

  it('and comes when the stream is closed meets InternalFailure', async () => {
    // Prepare
    const { endpoint, stream } = await makeServer();
    await stream.close();

    // Act
    const response = await send(endpoint, batch);

    // Assess
    expect(response).toMatchObject({
      status: 500,
      json: { __type: 'InternalFailure', message: 'Error: Delivery stream my-stream is closed' },
    });
  });
});
