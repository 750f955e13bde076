import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { claimSchema } from '../../../lambda/contract/claim.ts';
import { proverVariables } from '../../../lambda/contract/settings.ts';
import { mergeSlices, pairsLength, type SlicePair, subtractSlices } from '../../../lambda/contract/slice.ts';
import type { Endpoint } from '../../emulator/endpoint.ts';
import { processQueue } from '../../emulator/lambda/event-source-mapping.ts';
import { LambdaPool } from '../../emulator/lambda/pool.ts';
import type { Invocation } from '../../emulator/lambda/runtime.ts';
import type { LocalQueue } from '../../emulator/sqs/queue.ts';
import type { LocalProver } from './template.ts';

/** By what the prover's delays, and those of its queue, are divided on this machine. */
export const timeFactor = 60;

/** What the deployed prover said of a local run. */
export interface LocalProof {
  /** Claims that the producer left. */
  readonly claims: number;
  /** How often the prover looked at one of them. */
  readonly looks: number;
  /** Events that it found. */
  readonly eventsProven: number;
  /** Events that Firehose acknowledged, and that never landed. */
  readonly lost: readonly SlicePair[];
  /** Events that Firehose acknowledged, and of which the prover said neither. */
  readonly eventsUnproven: number;
  /** From the end of sending to the last verdict. */
  readonly sinceSentMs: number;
  /** How often it read the object that it read most often. */
  readonly mostReads: number;
  /** By what delays were divided. */
  readonly timeFactor: number;
  /** Hours after which what is missing is lost: they passed at once. @default - nothing is lost */
  readonly lostAfterHours?: number;
  /** Memory at its peak of the prover's process that used most; 0 when none lived to tell. */
  readonly maxMemoryUsedMiB: number;
  /** Where the prover's log is. */
  readonly logPath: string;
}

/** Whether every event that Firehose acknowledged is in the bucket. */
export function isProven({ lost, eventsUnproven }: LocalProof): boolean {
  return lost.length === 0 && eventsUnproven === 0;
}

/** How long claims are looked at once everything has landed, before the time passes after which what is missing is lost. */
const patienceMs = { usual: 20_000, lossy: 3_000 };

/** After so many failed invocations, nobody waits any longer for verdicts. */
const maxFailures = 3;

const verdict = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    message: v.pipe(v.string(), v.regex(/^claim (proven|waiting|lost)\b/)),
    runId: v.string(),
    present: v.number(),
  }),
);
const claimBody = v.pipe(v.string(), v.parseJson(), claimSchema);
const payloadBody = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ runId: v.string(), from: v.number(), to: v.number() }),
);
const queueEvent = v.object({ Records: v.array(v.object({ messageId: v.string(), body: v.string() })) });

/** The prover of a local run: it processes its queue from the start on, while the producer still sends. */
export class ProverRun {
  readonly #prover: LocalProver;
  readonly #aws: Endpoint;
  readonly #queue: LocalQueue;
  readonly #log: FileHandle;
  readonly #logPath: string;
  readonly #pools: LambdaPool[] = [];
  /** Bodies of the claims that it was given, by message. */
  readonly #claims = new Map<string, string>();
  readonly #patienceIsOver = new AbortController();
  readonly #stopped = new AbortController();
  readonly #processed: Promise<void>;
  #failures = 0;
  #everythingLanded = () => {};

  private constructor(prover: LocalProver, aws: Endpoint, log: FileHandle, logPath: string) {
    this.#prover = prover;
    this.#aws = aws;
    this.#queue = aws.queues.get(prover.queueName)!;
    this.#log = log;
    this.#logPath = logPath;
    const notBefore = new Promise<void>((resolve) => {
      this.#everythingLanded = resolve;
    });
    this.#processed = this.#processClaims(timeFactor, this.#patienceIsOver, notBefore);
  }

  /** Starts the prover of a stack. */
  static async start(prover: LocalProver, aws: Endpoint, outputDirectory: string): Promise<ProverRun> {
    const logPath = join(outputDirectory, 'prover.log');
    return new ProverRun(prover, aws, await open(logPath, 'w'), logPath);
  }

  /**
   * Waits for the verdicts, once everything that will ever land has landed. What is still missing after some patience is
   * lost: then the hours that the prover waits in AWS pass at once.
   *
   * @param delivered What Firehose acknowledged of the run.
   * @param isLossy Whether to expect that events are lost.
   */
  async finish(runId: string, delivered: readonly SlicePair[], isLossy: boolean): Promise<LocalProof> {
    this.#everythingLanded();
    const timer = setTimeout(
      () => this.#patienceIsOver.abort(),
      isLossy ? patienceMs.lossy : patienceMs.usual,
    );
    await this.#processed;
    clearTimeout(timer);
    const isMissing = !this.#queue.isEmpty;
    if (isMissing && !this.#stopped.signal.aborted) {
      await this.#letTimePass();
    }
    const sinceMs = Date.now();
    await this.stop();
    const { lostAfterHours } = this.#prover;
    const claims = this.#allClaims();
    const sentToMs = Math.max(...claims.map((claim) => claim.sentToMs));
    const verdicts = await this.#verdictsOn(runId);
    const found = verdicts
      .filter(({ message }) => !message.startsWith('claim waiting'))
      .reduce((sum, { present }) => sum + present, 0);
    const lost = intersect(delivered, this.#lostSlices(runId));
    const silent = subtract(delivered, mergeSlices([...this.#settledSlices(runId), ...lost.map(toSlice)]));
    const eventsLeft = pairsLength(delivered) - pairsLength(lost);
    const eventsUnproven = Math.max(pairsLength(silent), eventsLeft - found);
    return {
      claims: claims.length,
      looks: verdicts.length,
      eventsProven: eventsLeft - eventsUnproven,
      lost,
      eventsUnproven,
      sinceSentMs: claims.length === 0 ? 0 : Math.max(0, sinceMs - sentToMs),
      mostReads: Math.max(0, ...this.#aws.objectReads.values()),
      timeFactor,
      ...(lost.length > 0 && { lostAfterHours }),
      maxMemoryUsedMiB: Math.max(0, ...this.#pools.map((pool) => pool.maxMemoryUsedMiB)),
      logPath: this.#logPath,
    };
  }

  /** Ends every process, and what waits. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#pools.map((pool) => pool.stop()));
    await this.#processed;
    await this.#log.close().catch(() => {});
  }

  /** The same prover, for which a second is as long as the time after which a missing event is lost. */
  async #letTimePass(): Promise<void> {
    const passing = new AbortController();
    this.#failures = 0;
    this.#queue.reveal();
    const looksLeft = 10 + 10 * this.#queue.size;
    const factor = this.#prover.lostAfterHours * 3_600;
    await this.#processClaims(factor, passing, undefined, (looks) => {
      // What failed is tried again at once.
      this.#queue.reveal();
      if (this.#failures >= maxFailures || looks > looksLeft) {
        passing.abort();
      }
    });
  }

  /** @param onLook Told after each invocation how many there were. */
  #processClaims(
    factor: number,
    end: AbortController,
    notBefore?: Promise<void>,
    onLook: (looks: number) => void = () => {},
  ): Promise<void> {
    const { function: settings, eventSourceMapping } = this.#prover;
    const environment = { ...settings.environment, [proverVariables.timeFactor]: String(factor) };
    const pool = new LambdaPool(
      { ...settings, environment },
      { endpointUrl: this.#aws.endpointUrl, logFile: this.#log.fd },
    );
    this.#pools.push(pool);
    const invoke = async (payload: unknown): Promise<Invocation> => {
      for (const { messageId, body } of v.parse(queueEvent, payload).Records) {
        this.#claims.set(messageId, body);
      }
      const invocation = await pool.invoke(payload);
      this.#failures += invocation.error ? 1 : 0;
      onLook(pool.invocations);
      return invocation;
    };
    const batchingWindowMs = (eventSourceMapping.batchingWindowMs ?? 0) / factor;
    return processQueue(this.#queue, { ...eventSourceMapping, batchingWindowMs }, invoke, {
      signal: AbortSignal.any([end.signal, this.#stopped.signal]),
      ...(notBefore && { notBefore }),
    });
  }

  #allClaims() {
    return parseAll(claimBody, new Set([...this.#claims.values(), ...this.#queue.bodies]));
  }

  #settledSlices(runId: string) {
    const open = new Set([...this.#queue.bodies, ...this.#queue.deadLetters]);
    const settled = [...this.#claims.values()].filter((body) => !open.has(body));
    return parseAll(claimBody, settled)
      .filter((claim) => claim.runId === runId)
      .flatMap(({ slices }) => slices.map(toSlice));
  }

  #lostSlices(runId: string): SlicePair[] {
    const bodies = this.#aws.queues.get(this.#prover.deadLetterQueueName)?.bodies ?? [];
    return mergeSlices(parseAll(payloadBody, bodies).filter((payload) => payload.runId === runId));
  }

  async #verdictsOn(runId: string) {
    const lines = (await readFile(this.#logPath, 'utf8')).split('\n');
    return parseAll(verdict, lines).filter((line) => line.runId === runId);
  }
}

/** What of some texts is of a form. */
function parseAll<Schema extends v.GenericSchema<string, unknown>>(
  schema: Schema,
  texts: Iterable<string>,
): v.InferOutput<Schema>[] {
  return [...texts].flatMap((text) => {
    const parsed = v.safeParse(schema, text);
    return parsed.success ? [parsed.output] : [];
  });
}

function toSlice([from, to]: SlicePair) {
  return { from, to };
}

function subtract(pairs: readonly SlicePair[], others: readonly SlicePair[]): SlicePair[] {
  return pairs.flatMap((pair) => subtractSlices(toSlice(pair), others));
}

function intersect(pairs: readonly SlicePair[], others: readonly SlicePair[]): SlicePair[] {
  return subtract(pairs, subtract(pairs, others));
}
