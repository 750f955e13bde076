import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { bucketNamePattern, etagOf, listBuckets, listObjectsV2, wholeSeconds } from './listing.ts';
import { findObject, isDirectory } from './objects.ts';
import { httpStatusByCode, S3Error, xmlDocument } from './responses.ts';

export interface S3Options {
  /** Directory of the buckets: `<directory>/<bucketName>/<key>`. */
  readonly directory: string;
  /** Buckets that exist even without a directory. @default - none */
  readonly bucketNames?: readonly string[];
  /** Called for each object that is read, whole or a range of it. */
  readonly onRead?: (bucketName: string, key: string) => void;
}

/** Whether a request is for S3: clients of the other services only POST, with a target. */
export function isS3Request({ method, url, headers }: IncomingMessage): boolean {
  return method !== 'POST' || (headers['x-amz-target'] === undefined && url !== '/');
}

const supported = 'ListBuckets, ListObjectsV2, GetObject, HeadObject and HeadBucket';

/** Query parameters of these operations; others name other operations, or a part or a version of an object. */
const parameters = {
  service: /^(prefix|max-buckets)$/,
  bucket: /^(list-type|prefix|delimiter|start-after|continuation-token|max-keys|encoding-type|fetch-owner)$/,
  object: /^$/,
  /** The operation's name, and signatures. */
  any: /^(x-id|x-amz-.*|awsaccesskeyid|signature|expires)$/i,
} as const;

/**
 * Responds to reads as Amazon S3 does, path-style: `ListBuckets`, `ListObjectsV2`, `GetObject`, `HeadObject`, `HeadBucket`.
 * The buckets are directories, to which an embedded Firehose writes. Signatures are not checked.
 */
export function createS3Listener({ directory, bucketNames = [], onRead }: S3Options): RequestListener {
  const findBucket = async (name: string): Promise<string> => {
    const path = join(directory, name);
    // This also keeps readers inside the directory.
    if (!bucketNames.includes(name) && !(bucketNamePattern.test(name) && (await isDirectory(path)))) {
      throw new S3Error('NoSuchBucket', 'The specified bucket does not exist');
    }
    return path;
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { bucketName, key, query } = parseUrl(request.url ?? '/');
    const isHead = request.method === 'HEAD';
    const known = parameters[key !== '' ? 'object' : bucketName !== '' ? 'bucket' : 'service'];
    const isKnown = [...query.keys()].every((name) => known.test(name) || parameters.any.test(name));
    const isListing = key === '' && bucketName !== '' && !isHead;
    const isRead = isHead || request.method === 'GET';
    if (!isRead || !isKnown || (isListing && query.get('list-type') !== '2')) {
      throw new S3Error('NotImplemented', `This S3 only has ${supported}: Firehose writes its objects.`);
    }
    if (bucketName === '') {
      sendXml(response, 200, await listBuckets(directory, bucketNames, query.get('prefix') ?? ''));
      return;
    }
    const bucket = await findBucket(bucketName);
    if (key !== '') {
      if (!isHead) {
        onRead?.(bucketName, key);
      }
      await sendObject(request, response, bucket, key);
    } else if (isHead) {
      response.writeHead(200).end();
    } else {
      sendXml(response, 200, await listObjectsV2(bucket, bucketName, query));
    }
  };

  return (request, response) => {
    const requestId = randomUUID();
    request.resume();
    response.setHeader('x-amz-request-id', requestId);
    respond(request, response).catch((error) => sendError(request, response, requestId, error));
  };
}

function parseUrl(url: string): { bucketName: string; key: string; query: URLSearchParams } {
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  try {
    const [, bucketName = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(path)) ?? [];
    return { bucketName, key, query: new URLSearchParams(query) };
  } catch {
    throw new S3Error('InvalidArgument', "Couldn't parse the specified URI.");
  }
}

async function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  bucketDirectory: string,
  key: string,
): Promise<void> {
  const object = await findObject(bucketDirectory, key);
  if (object === undefined) {
    throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  }
  const range = parseRange(request.headers.range, object.bytes);
  const { start, end } = range ?? { start: 0, end: object.bytes - 1 };
  response.writeHead(range ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': end - start + 1,
    'last-modified': wholeSeconds(object.landedMs).toUTCString(),
    etag: etagOf(object),
    'accept-ranges': 'bytes',
    ...(range && { 'content-range': `bytes ${start}-${end}/${object.bytes}` }),
  });
  if (request.method === 'HEAD' || object.bytes === 0) {
    response.end();
    return;
  }
  const file = createReadStream(join(bucketDirectory, key), { start, end, highWaterMark: 256 * 1024 });
  // An error ends the connection, because part of the body has been sent.
  await pipeline(file, response).catch(() => response.destroy());
}

/**
 * Parses a range of bytes; `end` is the last one.
 *
 * @returns `undefined` for the whole object, also if S3 ignores the range: several ranges, or other units.
 */
function parseRange(header: string | undefined, bytes: number): { start: number; end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') {
    return undefined;
  }
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (start >= bytes || (from === '' && Number(to) === 0)) {
    throw new S3Error('InvalidRange', 'The requested range is not satisfiable');
  }
  return start <= end ? { start, end } : undefined;
}

function sendError(request: IncomingMessage, response: ServerResponse, requestId: string, error: unknown) {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { code, message } = error instanceof S3Error ? error : new S3Error('InternalError', String(error));
  if (request.method === 'HEAD') {
    // A response to HEAD has no body.
    response.writeHead(httpStatusByCode[code]).end();
    return;
  }
  const body = { Code: code, Message: message, Resource: request.url ?? '', RequestId: requestId };
  sendXml(response, httpStatusByCode[code], xmlDocument('Error', body));
}

function sendXml(response: ServerResponse, status: number, xml: string): void {
  response
    .writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(xml) })
    .end(xml);
}
