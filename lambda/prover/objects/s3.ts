import type { IncomingMessage } from 'node:http';
import { addAbortSignal } from 'node:stream';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  NoSuchKey,
  S3Client,
} from '@aws-sdk/client-s3';
import type { NodeHttpHandlerOptions } from '@smithy/types';
import { FunctionError } from '../../runtime/errors.ts';
import type { StoredObject } from '../comparison/comparison.ts';
import { type Bucket, ObjectGoneError } from './bucket.ts';

/** Timeouts for a connection, and for the headers of a response. */
const timeouts = { connectionTimeout: 3_000, requestTimeout: 10_000 };

/** Timeout for a pause within the body of a response. */
const maxIdleSeconds = 30;

/** A response is not what S3 sends. It proves nothing, least of all that there are no objects. */
class UnusableResponseError extends FunctionError {
  override readonly name = 'UnusableResponseError';
}

/**
 * It respects `AWS_ENDPOINT_URL` and the like, profiles, regions and credentials.
 *
 * @param requestHandler Other settings than those of a function.
 */
export function createBucketClient(requestHandler: NodeHttpHandlerOptions = {}): S3Client {
  return new S3Client({
    // An emulator has one host for all buckets, so the path names the bucket.
    forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL),
    // The bucket may be in another region than the stream.
    followRegionRedirects: true,
    // gzip has its own checksum, and every line is compared: another checksum only costs time.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      ...timeouts,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true },
      httpsAgent: { keepAlive: true },
      ...requestHandler,
    },
  });
}

/** Reads a bucket. The SDK retries temporary failures. */
export function createBucket(client: S3Client, Bucket: string): Bucket {
  return {
    async *list(Prefix, abortSignal) {
      let ContinuationToken: string | undefined;
      do {
        const command = new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken });
        const page = await client.send(command, { abortSignal });
        const objects = objectsOf(page, Prefix, ContinuationToken);
        yield* objects.filter(({ key, bytes }) => !(key.endsWith('/') && bytes === 0));
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined);
    },
    open: async ({ key, etag }, signal) => {
      try {
        const command = new GetObjectCommand({ Bucket, Key: key, IfMatch: etag });
        const { Body, ETag, $metadata } = await client.send(command, { abortSignal: signal });
        const body = Body as IncomingMessage;
        const status = $metadata.httpStatusCode;
        if (status !== 200 || (etag !== undefined && ETag !== etag)) {
          body.destroy();
          throw new UnusableResponseError(
            `expected status 200 and version ${etag}, got status ${status} and version ${ETag}`,
          );
        }
        endWhenIdle(body);
        return addAbortSignal(signal, body);
      } catch (error) {
        throw error instanceof NoSuchKey ? new ObjectGoneError(`${key} is gone`, { cause: error }) : error;
      }
    },
  };
}

/** The objects of a page. @throws UnusableResponseError unless the page is complete, and leads to the next one. */
function objectsOf(page: ListObjectsV2CommandOutput, prefix: string, token?: string): StoredObject[] {
  const { Contents = [], IsTruncated, KeyCount, NextContinuationToken: next } = page;
  if (IsTruncated === undefined || KeyCount !== Contents.length) {
    throw new UnusableResponseError(
      `expected a list of objects with IsTruncated and KeyCount, got IsTruncated ${IsTruncated}, KeyCount ${KeyCount} ` +
        `and ${Contents.length} objects`,
    );
  }
  if (IsTruncated && (!next || next === token)) {
    throw new UnusableResponseError(`expected the token of the next page, got ${JSON.stringify(next)}`);
  }
  return Contents.map(({ Key: key, LastModified, Size: bytes, ETag: etag }) => {
    if (!key?.startsWith(prefix) || bytes === undefined || !etag) {
      throw new UnusableResponseError(
        `expected a key that starts with ${prefix}, Size and ETag; got key ${key}, Size ${bytes} and ETag ${etag}`,
      );
    }
    return { key, landedAtMs: LastModified?.getTime() ?? Number.NaN, bytes, etag };
  });
}

/**
 * Destroys a body that brings no data while someone waits for it. A timeout of the socket would also count the time in which
 * we are busy with other objects and do not read.
 */
function endWhenIdle(body: IncomingMessage): void {
  let [idleSeconds, bytesRead] = [0, 0];
  const timer = setInterval(() => {
    const isWaiting = !body.complete && body.readableLength === 0 && body.socket.bytesRead === bytesRead;
    idleSeconds = isWaiting ? idleSeconds + 1 : 0;
    bytesRead = body.socket.bytesRead;
    if (idleSeconds > maxIdleSeconds) {
      body.destroy(new Error(`no data for ${maxIdleSeconds} seconds`));
    }
  }, 1_000);
  body.once('close', () => clearInterval(timer));
}
