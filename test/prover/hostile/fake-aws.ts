import { createHash } from 'node:crypto';
import type { HostileCase, HostileObject } from './case.ts';

export interface FakeRequest {
  /** Decoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The action, if it is for SQS. */
  readonly action: string;
  readonly body: string;
}

export interface FakeResponse {
  /** What the SDK makes of it, if it is the truth; a body comes in addition. */
  readonly output?: object;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  /** What happens after the body. `hangs` without a body comes before the headers. @default 'ends' */
  readonly end?: 'ends' | 'breaks' | 'hangs';
}

/** A lie that was told: about all objects under a prefix, or about one. */
export interface ToldLie {
  readonly kind: string;
  readonly prefix?: string;
  readonly object?: HostileObject;
}

/** S3 and SQS in a case. */
export class FakeAws {
  readonly told: ToldLie[] = [];
  /** Letters that the dead-letter queue took. */
  readonly letters: string[] = [];
  readonly #case: HostileCase;
  readonly #trueNow: () => number;
  #listings = 0;

  constructor(hostile: HostileCase, trueNow: () => number) {
    this.#case = hostile;
    this.#trueNow = trueNow;
  }

  respond(request: FakeRequest): FakeResponse {
    if (request.action !== '') {
      return this.#queue(request);
    }
    return request.query['list-type'] === '2' ? this.#list(request.query) : this.#get(request.path);
  }

  #list({ prefix = '', 'continuation-token': token = '' }: FakeRequest['query']): FakeResponse {
    const { objects, pageSize, listLie, environment, clocks } = this.#case;
    const isTold = this.told.some((lie) => lie.prefix === prefix);
    const isDue = listLie?.order === this.#listings && prefix !== environment.errorPrefix;
    this.#listings += 1;
    const kind = isTold || isDue ? listLie!.kind : '';
    const landed = objects.filter(
      ({ key, landedMs }) => key.startsWith(prefix) && key > token && landedMs <= this.#trueNow(),
    );
    // Without an object there is nothing that lacks its field.
    const isTrue = landed.length === 0 && ['no ETag', 'no Size'].includes(kind);
    if (isDue && !isTrue) {
      this.told.push({ kind, prefix });
    }
    const odd = oddResponses[kind];
    if (odd) {
      return odd;
    }
    const page = landed.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, pageSize);
    const isTruncated = landed.length > page.length || kind === 'no token' || kind === 'same token';
    const next = kind === 'same token' ? token || 'x' : kind === 'no token' ? '' : page.at(-1)?.key;
    const output = {
      KeyCount: page.length + Number(kind === 'wrong count'),
      ...(kind !== 'no IsTruncated' && { IsTruncated: isTruncated }),
      ...(isTruncated && next && { NextContinuationToken: next }),
      Contents: page.map(({ key, landedMs, listedBytes, hasLastModified }) => ({
        Key: key,
        ...(hasLastModified && {
          LastModified: new Date(Math.floor((landedMs + clocks.s3) / 1_000) * 1_000),
        }),
        ...(kind !== 'no ETag' && { ETag: '"1"' }),
        ...(kind !== 'no Size' && { Size: listedBytes }),
      })),
    };
    const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${element('ListBucketResult', output)}`);
    return {
      ...xml(''),
      body: kind === 'cut' ? body.subarray(0, body.length / 2) : body,
      ...(kind === '' && { output }),
    };
  }

  #get(path: string): FakeResponse {
    const key = path.slice(`/${this.#case.environment.bucketName}/`.length);
    const object = this.#case.objects.find((each) => each.key === key);
    if (object === undefined) {
      return oddResponses.gone!;
    }
    const { lie = '', bytes, listedBytes } = object;
    if (lie !== '' || listedBytes !== bytes.length) {
      this.told.push({ kind: lie || 'wrong size', object });
    }
    const headers = {
      'content-type': 'application/octet-stream',
      etag: lie === 'other version' ? '"2"' : '"1"',
    };
    const whole = { status: lie === 'part' ? 206 : 200, headers, body: bytes };
    const half = bytes.subarray(0, bytes.length / 2);
    switch (lie) {
      case '':
        return { ...whole, output: { ETag: '"1"', $metadata: { httpStatusCode: 200 } } };
      case 'part':
      case 'other version':
        return whole;
      case 'short':
        return { ...whole, body: bytes.subarray(0, -1) };
      case 'long':
        return { ...whole, body: Buffer.concat([bytes, bytes, Buffer.from('\n')]) };
      case 'breaks':
      case 'hangs':
        return { ...whole, body: half, end: lie };
      default:
        return oddResponses[lie]!;
    }
  }

  #queue({ action, body }: FakeRequest): FakeResponse {
    const { deadLetterLie, postponeLie } = this.#case;
    const { Entries: entries } = JSON.parse(body) as { Entries: { Id: string; MessageBody: string }[] };
    const isLetter = action.endsWith('SendMessageBatch');
    const lie = isLetter ? deadLetterLie : postponeLie;
    if (lie === 'error500' || lie === 'hangs') {
      return oddResponses[lie]!;
    }
    const count =
      { refuses: 0, nothing: 0, 'takes a part': Math.ceil(entries.length / 2) }[lie ?? ''] ?? entries.length;
    if (isLetter) {
      this.letters.push(...entries.slice(0, count).map(({ MessageBody }) => MessageBody));
    }
    const Successful = entries.slice(0, count).map(({ Id, MessageBody = '' }) => ({
      Id,
      MessageId: Id,
      MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
    }));
    const Failed = entries.slice(count).map(({ Id }) => ({ Id, Code: 'Refused', SenderFault: true }));
    const text = JSON.stringify(lie === 'nothing' ? {} : { Successful, Failed });
    const headers = { 'content-type': 'application/x-amz-json-1.0' };
    return { status: 200, headers, body: Buffer.from(text) };
  }
}

const xml = (text: string, status = 200): FakeResponse => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(text),
});

const error = (code: string, status: number) => xml(element('Error', { Code: code, Message: code }), status);

const oddResponses: Readonly<Record<string, FakeResponse>> = {
  nothing: xml(''),
  html: { ...xml('<html><body>Please log in</body></html>'), headers: { 'content-type': 'text/html' } },
  error200: error('InternalError', 200),
  error500: error('InternalError', 500),
  denied: error('AccessDenied', 403),
  gone: error('NoSuchKey', 404),
  changed: error('PreconditionFailed', 412),
  hangs: { ...xml(''), end: 'hangs' },
};

/** An element of XML; an array is a repeated one. */
function element(name: string, content: unknown): string {
  if (Array.isArray(content)) {
    return content.map((each) => element(name, each)).join('');
  }
  const isObject = typeof content === 'object' && !(content instanceof Date);
  const text = isObject
    ? Object.entries(content as object)
        .map(([child, of]) => element(child, of))
        .join('')
    : escapeXml(content instanceof Date ? content.toISOString() : String(content));
  return `<${name}>${text}</${name}>`;
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
