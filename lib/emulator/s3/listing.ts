import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareKeys, type KeyRange, listObjects, type StoredFile } from './objects.ts';
import { S3Error, type XmlValue, xmlDocument } from './responses.ts';

const maxPageKeys = 1_000;

export const bucketNamePattern = /^[a-zA-Z0-9][a-zA-Z0-9.-]*$/;

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

interface Page {
  readonly objects: readonly StoredFile[];
  readonly commonPrefixes: readonly string[];
  /** The last key or common prefix, if there are more pages. */
  readonly last?: string;
}

/**
 * The response to `ListObjectsV2`.
 *
 * @throws S3Error if a parameter of the query is invalid.
 */
export async function listObjectsV2(
  bucketDirectory: string,
  bucketName: string,
  query: URLSearchParams,
): Promise<string> {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const startAfter = query.get('start-after') ?? '';
  const token = query.get('continuation-token');
  const maxKeys = parseMaxKeys(query.get('max-keys'));
  const encodingType = query.get('encoding-type');
  if (encodingType !== null && encodingType !== 'url') {
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request');
  }
  const encode = encodingType === 'url' ? encodeKey : (key: string) => key;
  const after = token === null ? startAfter : parseToken(token);
  const page = await readPage(bucketDirectory, { prefix, delimiter, after, maxKeys });
  return xmlDocument(
    'ListBucketResult',
    {
      Name: bucketName,
      Prefix: encode(prefix),
      ...(delimiter && { Delimiter: encode(delimiter) }),
      ...(startAfter && { StartAfter: encode(startAfter) }),
      ...(token !== null && { ContinuationToken: token }),
      ...(page.last !== undefined && { NextContinuationToken: makeToken(page.last) }),
      ...(encodingType && { EncodingType: encodingType }),
      KeyCount: page.objects.length + page.commonPrefixes.length,
      MaxKeys: maxKeys,
      IsTruncated: page.last !== undefined,
      Contents: page.objects.map((object) => toContents(object, encode)),
      CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
    },
    namespace,
  );
}

/**
 * The response to `ListBuckets`: all on one page.
 *
 * @param bucketNames Buckets that exist even without a directory.
 */
export async function listBuckets(
  directory: string,
  bucketNames: readonly string[],
  prefix: string,
): Promise<string> {
  const folders = (await readdir(directory, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && bucketNamePattern.test(entry.name))
    .map(({ name }) => name);
  const names = [...new Set([...bucketNames, ...folders])].filter((name) => name.startsWith(prefix)).sort();
  const createdAt = async (name: string) =>
    (await stat(join(directory, name)).catch(() => undefined))?.birthtime ?? new Date();
  const buckets = names.map(async (Name) => ({ Name, CreationDate: (await createdAt(Name)).toISOString() }));
  const Buckets = { Bucket: await Promise.all(buckets) };
  return xmlDocument('ListAllMyBucketsResult', { Buckets }, namespace);
}

interface PageRange extends KeyRange {
  readonly delimiter: string;
  readonly maxKeys: number;
}

async function readPage(
  bucketDirectory: string,
  { prefix, delimiter, after, maxKeys }: PageRange,
): Promise<Page> {
  const objects: StoredFile[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  if (maxKeys === 0) {
    return { objects, commonPrefixes };
  }
  for await (const object of listObjects(bucketDirectory, { prefix, after })) {
    const end = delimiter ? object.key.indexOf(delimiter, prefix.length) : -1;
    const common = end < 0 ? undefined : object.key.slice(0, end + delimiter.length);
    // A common prefix represents all of its keys, also those of the previous page.
    if (common !== undefined && (common === last || compareKeys(common, after) <= 0)) {
      continue;
    }
    if (objects.length + commonPrefixes.length === maxKeys) {
      return { objects, commonPrefixes, ...(last !== undefined && { last }) };
    }
    if (common === undefined) {
      objects.push(object);
    } else {
      commonPrefixes.push(common);
    }
    last = common ?? object.key;
  }
  return { objects, commonPrefixes };
}

function toContents({ key, bytes, landedMs }: StoredFile, encode: (key: string) => string): XmlValue {
  return {
    Key: encode(key),
    LastModified: wholeSeconds(landedMs).toISOString(),
    ETag: etagOf({ bytes, landedMs }),
    Size: bytes,
    StorageClass: 'STANDARD',
  };
}

/** S3 rounds modification times down to whole seconds. */
export function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1_000) * 1_000);
}

/** Changes with the object. Not the MD5 of its bytes, which S3 guarantees only for some objects. */
export function etagOf({ bytes, landedMs }: Pick<StoredFile, 'bytes' | 'landedMs'>): string {
  return `"${Math.floor(landedMs * 1_000).toString(16)}-${bytes.toString(16)}"`;
}

/** Encodes all but the slashes, as S3 does. */
function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

function parseMaxKeys(text: string | null): number {
  if (text !== null && !/^\d{1,10}$/.test(text)) {
    throw new S3Error('InvalidArgument', 'Provided max-keys not an integer or within integer range');
  }
  return Math.min(maxPageKeys, Number(text ?? maxPageKeys));
}

function makeToken(last: string): string {
  return Buffer.from(last).toString('base64url');
}

function parseToken(token: string): string {
  const last = Buffer.from(token, 'base64url').toString();
  if (last === '' || makeToken(last) !== token) {
    throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
  }
  return last;
}
