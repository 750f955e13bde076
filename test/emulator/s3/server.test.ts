import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenOnLoopback } from '../../../lib/emulator/loopback-server.ts';
import { createS3Listener } from '../../../lib/emulator/s3/server.ts';
import { makeDirectory, makeStream } from '../firehose/factories.ts';

const Bucket = 'my-bucket';

/** An S3 over a directory, and the SDK's client for it. */
async function startS3(directory: string, bucketNames: readonly string[] = []) {
  const server = createServer(createS3Listener({ directory, bucketNames }));
  const endpoint = await listenOnLoopback(server, 0);
  const client = new S3Client({
    endpoint,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  const list = async (input: Partial<ListObjectsV2CommandInput> = {}) => {
    const pages = paginateListObjectsV2({ client }, { Bucket, ...input });
    const keys: string[] = [];
    let pageCount = 0;
    for await (const { Contents = [] } of pages) {
      pageCount += 1;
      keys.push(...Contents.map(({ Key }) => Key!));
    }
    return { keys, pageCount };
  };
  return { client, endpoint, list };
}

/** A bucket with files of these keys, each with its key as content. */
function makeBucket(...keys: string[]) {
  const directory = makeDirectory();
  for (const key of keys) {
    const path = join(directory, Bucket, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, key);
  }
  return directory;
}

describe('listing', () => {
  it('gives 2,500 objects in three pages, each once, in order', async () => {
    // Prepare
    const keys = Array.from({ length: 2_500 }, (_, index) => `events/hour=${index % 24}/${index}.gz`);
    const { list } = await startS3(makeBucket(...keys));

    // Act
    const listed = await list();

    // Assess
    expect(listed).toEqual({ keys: keys.sort(), pageCount: 3 });
  });

  it('sorts by the UTF-8 bytes of the keys, folders among files', async () => {
    // Prepare: in UTF-16, which JavaScript sorts by, the emoji comes before the full-width letter
    const keys = ['a-b', 'a.txt', 'a/b', 'a0', 'b/\u{1f600}', 'b/\uff41', 'b/é', 'b/z'];
    const { list } = await startS3(makeBucket(...keys));

    // Act
    const [all, small] = [await list(), await list({ MaxKeys: 1 })];

    // Assess
    expect(all.keys).toEqual(['a-b', 'a.txt', 'a/b', 'a0', 'b/z', 'b/é', 'b/\uff41', 'b/\u{1f600}']);
    expect(small).toEqual({ keys: all.keys, pageCount: 8 });
  });

  it('keeps to a prefix, which may end inside a name, and starts after a key', async () => {
    // Prepare
    const { list } = await startS3(
      makeBucket('events/a/1', 'events/a/2', 'events/ab', 'events/b/1', 'other'),
    );

    // Act
    const listings = await Promise.all([
      list({ Prefix: 'events/a' }),
      list({ Prefix: 'events/a/' }),
      list({ Prefix: 'nothing' }),
      list({ StartAfter: 'events/a/1' }),
      list({ Prefix: 'events/', StartAfter: 'events/a0', MaxKeys: 1 }),
    ]);

    // Assess
    expect(listings.map(({ keys }) => keys)).toEqual([
      ['events/a/1', 'events/a/2', 'events/ab'],
      ['events/a/1', 'events/a/2'],
      [],
      ['events/a/2', 'events/ab', 'events/b/1', 'other'],
      ['events/ab', 'events/b/1'],
    ]);
  });

  it('groups keys at a delimiter, over pages too', async () => {
    // Prepare
    const { client } = await startS3(makeBucket('a/1', 'a/2', 'b', 'c/d/1', 'c/e'));

    // Act
    const whole = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
    const first = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 1 }));
    const second = await client.send(
      new ListObjectsV2Command({
        Bucket,
        Delimiter: '/',
        MaxKeys: 1,
        ContinuationToken: first.NextContinuationToken,
      }),
    );

    // Assess
    expect(whole.CommonPrefixes).toEqual([{ Prefix: 'a/' }, { Prefix: 'c/' }]);
    expect(whole).toMatchObject({ KeyCount: 3, IsTruncated: false, Contents: [{ Key: 'b' }] });
    expect(first).toMatchObject({ KeyCount: 1, IsTruncated: true, CommonPrefixes: [{ Prefix: 'a/' }] });
    expect(second).toMatchObject({ KeyCount: 1, IsTruncated: true, Contents: [{ Key: 'b' }] });
  });

  it.each([undefined, 'url'] as const)('says special characters, encoding %s', async (EncodingType) => {
    // Prepare
    const keys = ['a & b <c>"\'.gz', 'a+b=c%20.gz', 'tab\tline\n.gz', 'zoë 😀.gz'];
    const { client } = await startS3(makeBucket(...keys));

    // Act
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, EncodingType }));
    const found = Contents.map(({ Key }) => (EncodingType ? decodeURIComponent(Key!) : Key));
    const bodies = await Promise.all(
      keys.map(async (Key) =>
        (await client.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString(),
      ),
    );

    // Assess
    expect(found).toEqual(keys);
    expect(bodies).toEqual(keys);
  });

  it('says size and landing in whole seconds, as GetObject does', async () => {
    // Prepare
    const directory = makeBucket('a');
    utimesSync(join(directory, Bucket, 'a'), 1_800_000_000.9, 1_800_000_000.9);
    const { client } = await startS3(directory);

    // Act
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a' }));

    // Assess
    const LastModified = new Date(1_800_000_000_000);
    expect(Contents).toMatchObject([{ Size: 1, LastModified, ETag: head.ETag, StorageClass: 'STANDARD' }]);
    expect(head).toMatchObject({ ContentLength: 1, LastModified });
  });

  it('shows what a stream delivered, and nothing of what it still buffers', async () => {
    // Prepare
    const { stream, directory } = makeStream();
    const { list } = await startS3(directory, [Bucket]);
    await stream.put([Buffer.from('a\n')]);

    // Act
    const before = await list();
    await stream.flush();
    const after = await list();
    const uploads = await list({ Bucket: '.uploads' }).catch((error) => error);

    // Assess
    expect(before.keys).toEqual([]);
    expect(after.keys).toEqual(stream.totals.keys);
    expect(uploads).toMatchObject({ name: 'NoSuchBucket' });
  });

  it('shows no hidden files', async () => {
    // Prepare
    const { list } = await startS3(makeBucket('.hidden', 'a/.hidden/b', 'a/c'));

    // Act and assess
    expect((await list()).keys).toEqual(['a/c']);
  });

  it.each([
    ['max-keys=x', 'InvalidArgument'],
    ['continuation-token=%21', 'InvalidArgument'],
    ['encoding-type=base64', 'InvalidArgument'],
  ])('refuses %s', async (query, code) => {
    // Prepare
    const { endpoint } = await startS3(makeBucket('a'));

    // Act
    const response = await fetch(`${endpoint}/${Bucket}?list-type=2&${query}`);

    // Assess
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
  });
});

describe('reading an object', () => {
  it('streams it whole, or a range of it', async () => {
    // Prepare
    const directory = makeBucket('big', 'empty');
    const bytes = Buffer.alloc(3_000_000, 'abcdefg');
    writeFileSync(join(directory, Bucket, 'big'), bytes);
    writeFileSync(join(directory, Bucket, 'empty'), '');
    const { client } = await startS3(directory);
    const read = async (Key: string, Range?: string) => {
      const { Body, ContentRange } = await client.send(new GetObjectCommand({ Bucket, Key, Range }));
      return { body: Buffer.from(await Body!.transformToByteArray()), ContentRange };
    };

    // Act
    const [whole, first, last, empty] = await Promise.all([
      read('big'),
      read('big', 'bytes=1-3'),
      read('big', 'bytes=-2'),
      read('empty'),
    ]);

    // Assess
    expect(whole.body.equals(bytes)).toBe(true);
    expect(first).toEqual({ body: Buffer.from('bcd'), ContentRange: 'bytes 1-3/3000000' });
    expect(last.body).toEqual(bytes.subarray(-2));
    expect(empty.body.length).toBe(0);
    await expect(read('big', 'bytes=3000000-')).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  it.each(['missing', 'a', 'a/b/c', 'a//b', '../secret', '.hidden', 'a/../a/b'])(
    'says that there is no %s',
    async (Key) => {
      // Prepare
      const directory = makeBucket('a/b', '.hidden');
      writeFileSync(join(directory, 'secret'), 'secret');
      const { client, endpoint } = await startS3(directory);

      // Act: the plain client does not tidy its path
      const outcome = await client.send(new GetObjectCommand({ Bucket, Key })).catch((error) => error);
      const raw = await new Promise<string>((resolve, reject) => {
        get(`${endpoint}/`, { path: `/${Bucket}/${Key}` }, (response) => resolve(text(response))).on(
          'error',
          reject,
        );
      });

      // Assess
      expect(outcome).toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
      expect(raw).toContain('<Code>NoSuchKey</Code>');
    },
  );

  it('takes signatures in the query', async () => {
    // Prepare
    const { endpoint } = await startS3(makeBucket('a'));
    const signatures = [
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=x',
      'AWSAccessKeyId=a&Signature=x&Expires=1',
    ];

    // Act
    const bodies = signatures.map(async (query) => (await fetch(`${endpoint}/${Bucket}/a?${query}`)).text());

    // Assess
    expect(await Promise.all(bodies)).toEqual(['a', 'a']);
  });
});

describe('buckets', () => {
  it('are known, those that hold nothing yet too', async () => {
    // Prepare
    const { client, list } = await startS3(makeDirectory(), [Bucket]);

    // Act
    const head = await client.send(new HeadBucketCommand({ Bucket }));
    const other = await client.send(new HeadBucketCommand({ Bucket: 'other' })).catch((error) => error);

    // Assess
    expect(head.$metadata.httpStatusCode).toBe(200);
    expect((await list()).keys).toEqual([]);
    expect(other).toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });

  it('are listed: folders with the name of a bucket, and those that hold nothing yet', async () => {
    // Prepare
    const directory = makeBucket('a');
    mkdirSync(join(directory, '.uploads'));
    writeFileSync(join(directory, 'function.log'), '');
    const { client } = await startS3(directory, ['another-bucket', Bucket]);

    // Act
    const all = await client.send(new ListBucketsCommand({}));
    const some = await client.send(new ListBucketsCommand({ Prefix: 'my-', MaxBuckets: 1_000 }));

    // Assess
    const names = [all, some].map(({ Buckets = [] }) => Buckets.map(({ Name }) => Name));
    expect(names).toEqual([['another-bucket', Bucket], [Bucket]]);
    expect(all.Buckets?.[0]?.CreationDate?.getTime()).toBeGreaterThan(0);
  });
});

describe('what this S3 does not have', () => {
  it.each([
    ['GetObjectTagging', new GetObjectTaggingCommand({ Bucket, Key: 'a' })],
    ['GetObject of a version', new GetObjectCommand({ Bucket, Key: 'a', VersionId: 'v1' })],
    ['HeadObject of a part', new HeadObjectCommand({ Bucket, Key: 'a', PartNumber: 1 })],
    ['PutObject', new PutObjectCommand({ Bucket, Key: 'a', Body: 'b' })],
    ['DeleteObjects', new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a' }] } })],
  ])('is refused as the SDK understands it: %s', async (_name, command) => {
    // Prepare
    const directory = makeBucket('a');
    const { client } = await startS3(directory);

    // Act
    const error = await client.send(command as GetObjectCommand).catch((caught) => caught);

    // Assess
    expect(error.$metadata).toMatchObject({ httpStatusCode: 501, attempts: 1 });
    // A response to HEAD has no body.
    expect(error.name).toMatch(command instanceof HeadObjectCommand ? /./ : /^NotImplemented$/);
    expect(readFileSync(join(directory, Bucket, 'a'), 'utf8')).toBe('a');
  });

  it.each([
    ['GET', '?tagging'],
    ['GET', '/my-bucket?acl'],
    ['GET', '/my-bucket'],
    ['GET', '/my-bucket/a?acl'],
    ['GET', '/my-bucket/missing?attributes'],
    ['PUT', '/my-bucket'],
    ['POST', '/my-bucket?delete'],
    ['POST', '/my-bucket/a?uploads'],
    ['DELETE', '/my-bucket/a'],
    ['OPTIONS', '/my-bucket/a'],
  ])('is NotImplemented in XML: %s %s', async (method, path) => {
    // Prepare
    const { endpoint } = await startS3(makeBucket('a'));

    // Act
    const response = await fetch(`${endpoint}${path}`, { method });

    // Assess
    expect(response.status).toBe(501);
    expect(response.headers.get('content-type')).toBe('application/xml');
    expect(await response.text()).toContain('<Error><Code>NotImplemented</Code>');
  });
});
