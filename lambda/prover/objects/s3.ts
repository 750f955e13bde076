import { addAbortSignal, type Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { type Bucket, ObjectGoneError } from './bucket.ts';

/** Timeouts for a connection, for the headers of a response, and for a pause within its body. */
const timeouts = { connectionTimeout: 3_000, requestTimeout: 10_000, socketTimeout: 30_000 };

/** It respects `AWS_ENDPOINT_URL` and the like, profiles, regions and credentials. */
export function createBucketClient(): S3Client {
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
    },
  });
}

/** Reads a bucket. The SDK retries temporary failures. */
export function createBucket(client: S3Client, bucketName: string): Bucket {
  return {
    async *list(prefix, signal) {
      const request = { Bucket: bucketName, Prefix: prefix };
      for await (const page of paginateListObjectsV2({ client }, request, { abortSignal: signal })) {
        for (const { Key: key = '', LastModified, Size: bytes = 0 } of page.Contents ?? []) {
          const isFolder = key.endsWith('/') && bytes === 0;
          if (!isFolder) {
            yield { key, landedAtMs: LastModified?.getTime() ?? Number.NaN, bytes };
          }
        }
      }
    },
    open: async (key, signal) => {
      try {
        const command = new GetObjectCommand({ Bucket: bucketName, Key: key });
        const { Body } = await client.send(command, { abortSignal: signal });
        return addAbortSignal(signal, Body as Readable);
      } catch (error) {
        throw error instanceof NoSuchKey ? new ObjectGoneError(`${key} is gone`, { cause: error }) : error;
      }
    },
  };
}
