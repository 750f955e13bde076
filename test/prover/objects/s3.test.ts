import type { RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bucket } from '../../../lambda/prover/objects/bucket.ts';
import { createBucket, createBucketClient } from '../../../lambda/prover/objects/s3.ts';
import {
  pointSdkAt,
  respondingPage,
  respondingText,
  startServer,
  type TestServer,
} from '../../producer/servers.ts';

const object = { key: 'events/a', bytes: 3, etag: '"1"' };

const xml = (text: string) => respondingText(200, text, { 'content-type': 'application/xml' });

/** A page of a listing, as S3 sends it. */
function page(changes: Record<string, string> = {}): string {
  const contents = {
    Key: object.key,
    LastModified: '2026-11-22T10:00:00.000Z',
    ETag: '&quot;1&quot;',
    Size: '3',
  };
  const fields = { KeyCount: '1', IsTruncated: 'false', ...contents, ...changes };
  const element = (name: keyof typeof fields) =>
    fields[name] === '' ? '' : `<${name}>${fields[name]}</${name}>`;
  const token = changes.NextContinuationToken;
  return (
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${element('KeyCount')}${element('IsTruncated')}` +
    `${token ? `<NextContinuationToken>${token}</NextContinuationToken>` : ''}` +
    `<Contents>${(Object.keys(contents) as (keyof typeof contents)[]).map(element).join('')}</Contents></ListBucketResult>`
  );
}

describe('a bucket behind a server that sends what S3 never does', () => {
  let server: TestServer;
  let listener: RequestListener;
  let bucket: Bucket;
  const { signal } = new AbortController();

  beforeEach(async () => {
    server = await startServer((request, response) => listener(request, response));
    pointSdkAt(server);
    bucket = createBucket(createBucketClient(), 'my-bucket');
  });

  afterEach(async () => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    await server.stop();
  });

  const list = async () => {
    const objects = [];
    for await (const listed of bucket.list('events/', signal)) {
      objects.push(listed);
    }
    return objects;
  };

  it('is listed if the response is a list', async () => {
    // Prepare
    listener = xml(page());

    // Act and assess
    expect(await list()).toEqual([{ ...object, landedAtMs: Date.parse('2026-11-22T10:00:00Z') }]);
  });

  it.each([
    ['nothing', xml('')],
    ['a page of a proxy', respondingPage(200, '<html><body>Please log in</body></html>')],
    ['an error with status 200', xml('<Error><Code>InternalError</Code><Message>x</Message></Error>')],
    ['a list that is cut', xml(page().slice(0, 90))],
    ['a list without IsTruncated', xml(page({ IsTruncated: '' }))],
    ['a list of fewer objects than it counts', xml(page({ KeyCount: '2' }))],
    ['a part of a list, without the token of the next part', xml(page({ IsTruncated: 'true' }))],
    [
      'the same part of a list again and again',
      xml(page({ IsTruncated: 'true', NextContinuationToken: 'again' })),
    ],
    ['an object without a key', xml(page({ Key: '' }))],
    ['an object of another prefix', xml(page({ Key: 'other/a' }))],
    ['an object without a size', xml(page({ Size: '' }))],
    ['an object without a version', xml(page({ ETag: '' }))],
  ])('is not listed, rather than empty, after %s', async (_, respond) => {
    // Prepare
    listener = respond;

    // Act and assess
    await expect(list()).rejects.toThrow();
  });

  it.each([
    [
      'another version than the listed one',
      respondingText(200, 'abc', { etag: '"2"' }),
      'expected status 200 and version "1", got status 200 and version "2"',
    ],
    [
      'a part of the object',
      respondingText(206, 'abc', { etag: '"1"', 'content-range': 'bytes 0-2/9' }),
      'got status 206',
    ],
    [
      'an error with status 200',
      xml('<Error><Code>InternalError</Code><Message>x</Message></Error>'),
      'version undefined',
    ],
    [
      'a page of a proxy',
      respondingPage(200, '<html><body>Please log in</body></html>'),
      'version undefined',
    ],
    [
      'that the version has changed',
      respondingText(412, '<Error><Code>PreconditionFailed</Code><Message>changed</Message></Error>'),
      'changed',
    ],
  ])('does not open an object after %s', async (_, respond, message) => {
    // Prepare
    listener = respond;

    // Act and assess
    await expect(bucket.open(object, signal)).rejects.toThrow(message);
  });

  it('opens the listed version, and no other', async () => {
    // Prepare
    let condition: unknown;
    listener = (request, response) => {
      condition = request.headers['if-match'];
      respondingText(200, 'abc', { etag: '"1"' })(request, response);
    };

    // Act
    const body = await buffer(await bucket.open(object, signal));

    // Assess
    expect([condition, body.toString()]).toEqual(['"1"', 'abc']);
  });

  it('ends an object that brings nothing for 30 seconds, and not one that is not read for so long', async () => {
    // Prepare
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    listener = (_, response) => {
      response.writeHead(200, { etag: '"1"', 'content-length': 10_000_000 });
      response.write(Buffer.alloc(1_000_000));
    };
    const unread = await bucket.open(object, signal);
    const waiting = await bucket.open(object, signal);
    let ended: Error | undefined;
    waiting.on('error', (error) => {
      ended = error;
    });
    let bytes = 0;
    waiting.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await vi.waitFor(() => expect([bytes, unread.readableLength > 0]).toEqual([1_000_000, true]));

    // Act
    vi.advanceTimersByTime(40_000);

    // Assess
    await vi.waitFor(() => expect(ended?.message).toBe('no data for 30 seconds'));
    expect(unread.destroyed).toBe(false);
    unread.destroy();
  });
});
