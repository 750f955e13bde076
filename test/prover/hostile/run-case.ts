import { Readable } from 'node:stream';
import type { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { createProver } from '../../../lambda/prover/claims/prover.ts';
import { createIdReader } from '../../../lambda/prover/lines/id-text.ts';
import { createBucket, createBucketClient } from '../../../lambda/prover/objects/s3.ts';
import { createCallAll } from '../../../lambda/runtime/batches.ts';
import {
  createChangeVisibility,
  createQueueClient,
  createSendMessages,
} from '../../../lambda/runtime/sqs.ts';
import { madeForOf } from '../../../lambda/template/deployed.ts';
import { createCase, createEvent, type HostileCase } from './case.ts';
import { CountedWork } from './counted-work.ts';
import { FakeAws, type FakeRequest, type FakeResponse } from './fake-aws.ts';
import { findViolations } from './oracle.ts';

/** Limits of what the prover holds: forty objects, of up to 1 MiB each. */
const most = { open: 40, heldBytes: 40 * 1_048_576 };

/** Response of the network to the real SDK. */
type Handle = (
  request: {
    path: string;
    query: Record<string, string>;
    headers: Record<string, string>;
    body?: Uint8Array;
  },
  options: { abortSignal?: AbortSignal },
) => Promise<{ response: { statusCode: number; headers: Record<string, string>; body: Readable } }>;

let handle: Handle;

/** The SDK's clients, on a network that is a function. */
function createClients() {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_MAX_ATTEMPTS: '1',
  });
  const clients = { s3: createBucketClient(), sqs: createQueueClient() };
  for (const client of [clients.s3, clients.sqs] as unknown as S3Client[]) {
    client.config.requestHandler = { handle: (...call: Parameters<Handle>) => handle(...call) } as never;
  }
  return clients;
}

let clients: ReturnType<typeof createClients> | undefined;

function nameOf({ path, query }: Pick<FakeRequest, 'path' | 'query'>): string {
  return [path.replace(/\/$/, ''), query.prefix, query['continuation-token']].join(' ');
}

/** The body of a response, in pieces. */
class Body extends Readable {
  /** As an `IncomingMessage` has it. */
  readonly complete = false;
  readonly socket = { bytesRead: 0 };
  #at = 0;
  readonly #response: FakeResponse;

  constructor(response: FakeResponse) {
    super();
    this.#response = response;
  }

  override _read(): void {
    const { body, end } = this.#response;
    const piece = body.subarray(this.#at, this.#at + 65_536);
    this.#at += piece.length;
    if (piece.length > 0) {
      this.push(piece);
    } else if (end === 'breaks') {
      this.destroy(new Error('read ECONNRESET'));
    } else if (end !== 'hangs') {
      this.push(null);
    }
  }
}

export interface CaseResult {
  readonly violations: readonly string[];
  readonly verdicts: readonly string[];
}

/** Runs the prover in a case. */
export async function runCase(hostile: HostileCase): Promise<CaseResult> {
  const { environment, clocks, messages, checkMs, timeMs, template } = hostile;
  const startMs = checkMs + clocks.prover;
  const work = new CountedWork(startMs);
  const { clock } = work;
  const aws = new FakeAws(hostile, () => clock.now() - clocks.prover);
  work.mayWait = hostile.deadLetterLie !== undefined || hostile.postponeLie !== undefined;
  const responses = new Map<string, FakeResponse>();
  const bodyOf = (response: FakeResponse, isObject: boolean) => {
    work.mayWait ||= response.end === 'hangs';
    const body = new Body(response);
    if (isObject) {
      work.hold(body);
    }
    return body;
  };
  handle = async ({ path, query, headers, body = new Uint8Array() }, { abortSignal }) => {
    const action = headers['x-amz-target'] ?? '';
    const request = { path: decodeURIComponent(path), query, action, body: new TextDecoder().decode(body) };
    const response = responses.get(nameOf(request)) ?? aws.respond(request);
    const stream = bodyOf(response, action === '' && query['list-type'] === undefined);
    if (response.end === 'hangs' && response.body.length === 0) {
      await new Promise((_, reject) => abortSignal?.addEventListener('abort', reject));
    }
    work.countCall();
    return { response: { statusCode: response.status, headers: response.headers, body: stream } };
  };
  // The SDK takes milliseconds for a call: it reads the lies, and the truth goes past it.
  const client = {
    send: async (command: GetObjectCommand | ListObjectsV2Command, options: object) => {
      const {
        Prefix,
        ContinuationToken: token,
        Key,
      } = command.input as { Prefix?: string; ContinuationToken?: string; Key?: string };
      const path = `/${environment.bucketName}${Key === undefined ? '' : `/${Key}`}`;
      const list = { 'list-type': '2', prefix: Prefix!, ...(token && { 'continuation-token': token }) };
      const query = Key === undefined ? list : { 'x-id': 'GetObject' };
      const response = aws.respond({ path, query, action: '', body: '' });
      if (response.output === undefined) {
        responses.set(nameOf({ path, query }), response);
        return clients!.s3.send(command as GetObjectCommand, options);
      }
      work.countCall();
      return { ...response.output, ...(Key !== undefined && { Body: bodyOf(response, true) }) };
    },
  } as S3Client;
  clients ??= createClients();
  const verdicts = new Map<number, string>();
  let reasons: readonly string[] = [];
  let corruptKeys: readonly string[] = [];
  const placeOf = (messageId: string) => Number(messageId.replace('message-', ''));
  const prove = createProver({
    createReader: work.counting(environment.match === 'id' ? createIdReader : template.createReader),
    environment,
    madeFor: madeForOf(environment, template.source),
    bucket: createBucket(client, environment.bucketName),
    postpone: createCallAll(createChangeVisibility(clients.sqs, environment.proofQueueUrl), clock),
    sendToDeadLetterQueue: createCallAll(
      createSendMessages(clients.sqs, environment.deadLetterQueueUrl),
      clock,
    ),
    clock,
    observer: {
      onVerdict: ({ messageId, verdict }, { unreadObjects }) => {
        verdicts.set(placeOf(messageId), verdict);
        reasons = unreadObjects;
      },
      onChecked: (_claims, _reading, { corruptions }) => {
        corruptKeys = corruptions.map(({ object }) => object.key);
      },
    },
  });
  const everything = {
    batchItemFailures: messages.map((_, place) => ({ itemIdentifier: `message-${place}` })),
  };
  let error: Error | undefined;
  const { batchItemFailures } = await work
    .run(() => prove(createEvent(hostile), startMs + timeMs))
    .catch((caught: Error) => {
      error = caught.name === 'ReadingError' ? undefined : caught;
      return everything;
    });
  const violations = findViolations(hostile, {
    kept: batchItemFailures.map(({ itemIdentifier }) => placeOf(itemIdentifier)),
    verdicts,
    letters: aws.letters,
    told: aws.told,
    ...{ reasons, corruptKeys },
    durationMs: clock.now() - startMs,
    ...(error && { error }),
  });
  if (work.mostHeldBytes > most.heldBytes || work.mostOpen > most.open) {
    violations.push(`${work.mostOpen} objects are open, with ${work.mostHeldBytes} bytes`);
  }
  return { violations, verdicts: [...verdicts.values()] };
}

export interface Summary {
  readonly violations: { readonly seed: number; readonly texts: readonly string[] }[];
  readonly verdicts: Record<string, number>;
}

/** Runs the cases of some seeds, until a few have violations. */
export async function runCases(from: number, count: number, maxFailures = 10): Promise<Summary> {
  const summary: Summary = { violations: [], verdicts: {} };
  for (let seed = from; seed < from + count && summary.violations.length < maxFailures; seed += 1) {
    const { violations: texts, verdicts } = await runCase(await createCase(seed));
    for (const verdict of verdicts) {
      summary.verdicts[verdict] = (summary.verdicts[verdict] ?? 0) + 1;
    }
    if (texts.length > 0) {
      summary.violations.push({ seed, texts });
    }
  }
  return summary;
}
