import { Readable } from 'node:stream';
import type { SQSEvent } from 'aws-lambda';
import type { Claim } from '../../lambda/contract/claim.ts';
import { type MadeFor, madeForAttribute } from '../../lambda/contract/made-for.ts';
import { proverMetrics } from '../../lambda/contract/metrics.ts';
import type { Environment } from '../../lambda/prover/claims/environment.ts';
import { createProver } from '../../lambda/prover/claims/prover.ts';
import type { CreateLineReader } from '../../lambda/prover/comparison/line-reader.ts';
import { createDefaultReader } from '../../lambda/prover/lines/default-lines.ts';
import { type Bucket, ObjectGoneError } from '../../lambda/prover/objects/bucket.ts';
import { createKeyPrefixes } from '../../lambda/prover/objects/key-prefix.ts';
import { createObserver } from '../../lambda/prover/observer.ts';
import type { Pause } from '../../lambda/runtime/sqs.ts';
import { madeForOf } from '../../lambda/template/deployed.ts';
import { createLines, createRun, eventTimeMs } from '../proof/factories.ts';

/** The environment variables of a prover. */
export const proverEnvironment = {
  DELIVERY_STREAM_NAME: 'my-stream',
  PRODUCER_NAME: 'my-stack/Producer',
  BUCKET_NAME: 'my-bucket',
  PREFIX: 'events/!{timestamp:yyyy/MM/dd/HH}/',
  ERROR_PREFIX: 'errors/',
  BUFFERING_SECONDS: '60',
  LOST_AFTER_HOURS: '25',
  PROOF_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/proof',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/dead',
};

/** The environment of a prover. */
export function createEnvironment(overrides: Partial<Environment> = {}): Environment {
  return {
    deliveryStreamName: 'my-stream',
    target: 'firehose',
    producerName: 'my-stack/Producer',
    bucketName: 'my-bucket',
    prefix: proverEnvironment.PREFIX,
    errorPrefix: 'errors/',
    bufferingSeconds: 60,
    isShared: false,
    match: 'bytes',
    lostAfterHours: 25,
    proofQueueUrl: proverEnvironment.PROOF_QUEUE_URL,
    deadLetterQueueUrl: proverEnvironment.DEAD_LETTER_QUEUE_URL,
    timeFactor: 1,
    ...overrides,
  };
}

/** A claim on 100 events that were sent within a second. */
export function createClaim(overrides: Partial<Claim> = {}): Claim {
  return {
    runId: 'run-1',
    slices: [[0, 100]],
    sentFromMs: eventTimeMs,
    sentToMs: eventTimeMs + 1_000,
    ...overrides,
  };
}

/** An event of the proof queue, whose messages were delivered as often, or each as often. */
export function eventOf(
  bodies: readonly (object | string)[],
  receiveCount: number | readonly number[] = 1,
  queuedAtMs = eventTimeMs,
  madeFor?: MadeFor,
): SQSEvent {
  return {
    Records: bodies.map((body, place) => ({
      messageId: `message-${place}`,
      receiptHandle: `receipt-${place}`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      attributes: {
        ApproximateReceiveCount: String([receiveCount].flat()[place] ?? receiveCount),
        SentTimestamp: String(queuedAtMs),
        SenderId: 'me',
        ApproximateFirstReceiveTimestamp: String(eventTimeMs),
      },
      messageAttributes: {
        ...(madeFor && { [madeForAttribute]: { stringValue: JSON.stringify(madeFor), dataType: 'String' } }),
      },
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:proof',
      awsRegion: 'us-east-1',
    })),
  };
}

/** An object in memory. */
interface MemoryObject {
  readonly body: Buffer;
  readonly landedAtMs: number;
}

/** A prover with a bucket and queues in memory, whose faults may change at any time. */
export class ProverWorld {
  /** The clock. */
  nowMs = eventTimeMs + 90_000;
  readonly objects = new Map<string, MemoryObject>();
  readonly pauses: Pause[] = [];
  readonly deadLetters: string[] = [];
  readonly lettersMadeFor: (string | undefined)[] = [];
  /** When calls to the dead-letter queue had to end, at the last check that made any. */
  lettersUntilMs = Number.NaN;
  readonly lines: { level: string; text: string; fields: Record<string, unknown> }[] = [];
  readonly metrics = new Map<string, number[]>();
  readonly listed: string[] = [];
  readonly opened: string[] = [];
  /** Called before each of these calls; may throw. */
  onList: (prefix: string) => void = () => {};
  onOpen: (key: string) => void = () => {};
  onDeadLetter: (body: string) => void = () => {};
  /** The stream of an object. */
  stream: (body: Buffer, signal: AbortSignal) => Readable = (body) =>
    Readable.from(body.length ? [body] : []);
  #objectCount = 0;
  readonly #environment: Environment;
  readonly #createReader: CreateLineReader;
  readonly #template: string | undefined;

  constructor(
    overrides: Partial<Environment> = {},
    createReader: CreateLineReader = createDefaultReader,
    template?: string,
  ) {
    this.#environment = createEnvironment(overrides);
    this.#createReader = createReader;
    this.#template = template;
  }

  /** Lets an object land, of which the oldest record came at `arrivedMs`. */
  land(body: string | Buffer, { landedAtMs = eventTimeMs + 60_000, arrivedMs = eventTimeMs } = {}): string {
    this.#objectCount += 1;
    const key = `${createKeyPrefixes({ prefix: this.#environment.prefix })(arrivedMs)[0]}my-stream-1-${this.#objectCount}`;
    this.objects.set(key, { body: Buffer.from(body as string, 'latin1'), landedAtMs });
    return key;
  }

  /** Lets events of a run land. */
  landEvents(from: number, to: number, runId = 'run-1', times?: Parameters<ProverWorld['land']>[1]): string {
    return this.land(createLines(createRun({ runId, from, to })).join(''), times);
  }

  /** The value of a metric that is one number. */
  metric(field: keyof typeof proverMetrics): number | undefined {
    return this.metrics.get(proverMetrics[field].name)?.at(-1);
  }

  /** Verdicts in the order of the log lines. */
  get verdicts(): unknown[] {
    return this.lines.flatMap(({ fields }) => ('verdict' in fields ? [fields.verdict] : []));
  }

  /** Checks claims, and returns the places of the messages that stay. */
  async check(
    bodies: readonly (object | string)[],
    {
      receiveCount = 1 as number | readonly number[],
      timeMs = 60_000,
      queuedAtMs = eventTimeMs,
      madeFor = undefined as MadeFor | undefined,
    } = {},
  ): Promise<number[]> {
    this.metrics.clear();
    const { batchItemFailures } = await this.#prove(
      eventOf(bodies, receiveCount, queuedAtMs, madeFor),
      this.nowMs + timeMs,
    );
    return batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier.replace('message-', '')));
  }

  get #prove() {
    const log =
      (level: string) =>
      (text: unknown, ...[fields]: unknown[]) =>
        void this.lines.push({
          level,
          text: String(text),
          fields: (fields ?? {}) as Record<string, unknown>,
        });
    return createProver({
      createReader: this.#createReader,
      environment: this.#environment,
      bucket: this.#bucket,
      postpone: async (pauses) => void this.pauses.push(...pauses),
      madeFor: madeForOf(this.#environment, this.#template),
      sendToDeadLetterQueue: async (messages, untilMs) => {
        this.lettersUntilMs = untilMs;
        for (const { body, madeFor } of messages) {
          this.onDeadLetter(body);
          this.deadLetters.push(body);
          this.lettersMadeFor.push(madeFor);
        }
      },
      clock: {
        now: () => this.nowMs,
        random: () => 0,
        sleep: (durationMs, signal) =>
          new Promise((resolve) => {
            const timer = setTimeout(resolve, Math.min(durationMs, 2 ** 31 - 1));
            signal.addEventListener('abort', () => {
              clearTimeout(timer);
              resolve();
            });
          }),
      },
      observer: createObserver(
        this.#environment,
        { info: log('info'), warn: log('warn'), error: log('error') },
        {
          addMetric: (name, _unit, value) => {
            this.metrics.set(name, [...(this.metrics.get(name) ?? []), value]);
          },
        },
      ),
    });
  }

  get #bucket(): Bucket {
    const world = this;
    return {
      async *list(prefix) {
        world.listed.push(prefix);
        world.onList(prefix);
        for (const [key, { body, landedAtMs }] of [...world.objects].sort()) {
          if (key.startsWith(prefix)) {
            // S3 rounds times.
            yield { key, landedAtMs: Math.floor(landedAtMs / 1_000) * 1_000, bytes: body.length };
          }
        }
      },
      open: async ({ key }, signal) => {
        world.opened.push(key);
        world.onOpen(key);
        const object = world.objects.get(key);
        if (object === undefined) {
          throw new ObjectGoneError(key);
        }
        return world.stream(object.body, signal);
      },
    };
  }
}
