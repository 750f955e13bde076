import { type FileHandle, readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { claimSchema } from '../../../lambda/contract/claim.ts';
import { mergeSlices, pairsLength, type SlicePair } from '../../../lambda/contract/slice.ts';
import { proverVariables } from '../../../lambda/contract/variables.ts';
import type { Endpoint } from '../../emulator/endpoint.ts';
import { processQueue } from '../../emulator/lambda/event-source-mapping.ts';
import { LambdaPool } from '../../emulator/lambda/pool.ts';
import type { Invocation } from '../../emulator/lambda/runtime.ts';
import type { LocalQueue } from '../../emulator/sqs/queue.ts';
import { parseAll, slicePayload, subtractPairs, toSlice } from './run-report.ts';
import type { LocalProver } from './template.ts';

/** The prover's delays, and those of its queue, are divided by this on this machine. */
export const timeFactor = 60;

/** Result of the deployed prover for a local run. */
export interface LocalProof {
  /** Number of claims that the producer sent. */
  readonly claims: number;
  /** Number of verdicts, `waiting` included. */
  readonly looks: number;
  readonly eventsProven: number;
  /** Events that Firehose acknowledged, and that never landed. */
  readonly lost: readonly SlicePair[];
  /** Number of events that Firehose acknowledged, and that are neither proven nor lost. */
  readonly eventsUnproven: number;
  /** From the end of sending to the last verdict. */
  readonly sinceSentMs: number;
  /** Number of reads of the object that was read most often. */
  readonly mostReads: number;
  readonly timeFactor: number;
  /** Hours after which missing events are lost. @default - nothing is lost */
  readonly lostAfterHours?: number;
  /** Peak memory of the prover's processes; 0 if none responded. */
  readonly maxMemoryUsedMiB: number;
  /** Path of the prover's log. */
  readonly logPath: string;
}

/** Whether every event that Firehose acknowledged is in the bucket. */
export function isProven({ lost, eventsUnproven }: LocalProof): boolean {
  return lost.length === 0 && eventsUnproven === 0;
}

/** Time for verdicts once everything has landed. Then the hours pass after which missing events are lost. */
const verdictTimeoutMs = { usual: 20_000, lossy: 3_000 };

/** After this many failed invocations, stop waiting for verdicts. */
const maxFailures = 3;

const logLine = v.object({
  verdict: v.picklist(['proven', 'waiting', 'lost', 'unproven']),
  runId: v.string(),
  messageId: v.string(),
  present: v.number(),
});
const queueEvent = v.object({ Records: v.array(v.object({ messageId: v.string(), body: v.string() })) });

/** The prover of a local run. It processes its queue from the start on, while the producer still sends. */
export class ProverRun {
  readonly #prover: LocalProver;
  readonly #aws: Endpoint;
  readonly #queue: LocalQueue;
  readonly #log: FileHandle;
  readonly #logPath: string;
  readonly #pools: LambdaPool[] = [];
  /** Bodies of the claims that the prover received, by message. */
  readonly #claims = new Map<string, string>();
  readonly #timedOut = new AbortController();
  readonly #stopped = new AbortController();
  readonly #processed: Promise<void>;
  #failures = 0;
  #everythingLanded = () => {};

  /** @param log The open file at `logPath`. */
  constructor(prover: LocalProver, aws: Endpoint, log: FileHandle, logPath: string) {
    this.#prover = prover;
    this.#aws = aws;
    this.#queue = aws.queues.get(prover.queueName)!;
    this.#log = log;
    this.#logPath = logPath;
    const notBefore = new Promise<void>((resolve) => {
      this.#everythingLanded = resolve;
    });
    this.#processed = this.#processClaims(timeFactor, this.#timedOut, notBefore);
    // `finish` and `stop` throw it; until then it must not end the process.
    this.#processed.catch(() => {});
  }

  /**
   * Waits for the verdicts, once everything that will ever land has landed. If events are still missing at the timeout, lets
   * the hours pass at once that the prover waits in AWS.
   *
   * @param delivered Events of the run that Firehose acknowledged.
   * @param isLossy Whether to expect that events are lost.
   */
  async finish(runId: string, delivered: readonly SlicePair[], isLossy: boolean): Promise<LocalProof> {
    this.#everythingLanded();
    const timeoutMs = isLossy ? verdictTimeoutMs.lossy : verdictTimeoutMs.usual;
    const timer = setTimeout(() => this.#timedOut.abort(), timeoutMs);
    await this.#processed;
    clearTimeout(timer);
    if (!this.#queue.isEmpty && !this.#stopped.signal.aborted) {
      await this.#letTimePass();
    }
    const sinceMs = Date.now();
    await this.stop();

    const claims = parseAll(claimSchema, new Set([...this.#claims.values(), ...this.#queue.bodies]));
    const sentToMs = Math.max(...claims.map((claim) => claim.sentToMs));
    const logged = parseAll(logLine, (await readFile(this.#logPath, 'utf8')).split('\n'));
    const verdicts = logged.filter((line) => line.runId === runId);
    const lost = intersect(delivered, this.#lostSlices(runId));
    const eventsLeft = pairsLength(delivered) - pairsLength(lost);
    const open = subtractPairs(delivered, mergeSlices([...this.#settledSlices(runId), ...lost.map(toSlice)]));
    // By message: the prover settles a claim once more if its queue did not take the first settlement.
    const settled = verdicts.filter(({ verdict }) => verdict !== 'waiting');
    const presentOf = new Map(settled.map(({ messageId, present }) => [messageId, present]));
    const present = [...presentOf.values()].reduce((sum, count) => sum + count, 0);
    const eventsUnproven = Math.max(pairsLength(open), eventsLeft - present);
    return {
      claims: claims.length,
      looks: verdicts.length,
      eventsProven: eventsLeft - eventsUnproven,
      lost,
      eventsUnproven,
      sinceSentMs: claims.length === 0 ? 0 : Math.max(0, sinceMs - sentToMs),
      mostReads: Math.max(0, ...this.#aws.objectReads.values()),
      timeFactor,
      ...(lost.length > 0 && { lostAfterHours: this.#prover.lostAfterHours }),
      maxMemoryUsedMiB: Math.max(0, ...this.#pools.map((pool) => pool.maxMemoryUsedMiB)),
      logPath: this.#logPath,
    };
  }

  /** Ends every process and every wait. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#pools.map((pool) => pool.stop()));
    await this.#processed;
    await this.#log.close().catch(() => {});
  }

  /** Processes the queue with a time factor that makes a second of the hours after which missing events are lost. */
  async #letTimePass(): Promise<void> {
    const passing = new AbortController();
    this.#failures = 0;
    this.#queue.reveal();
    const maxInvocations = 10 + 10 * this.#queue.size;
    const factor = this.#prover.lostAfterHours * 3_600;
    await this.#processClaims(factor, passing, undefined, (invocations) => {
      // Failed claims come back at once.
      this.#queue.reveal();
      if (this.#failures >= maxFailures || invocations > maxInvocations) {
        passing.abort();
      }
    });
  }

  /** @param onInvoked Called after each invocation, with their number. */
  #processClaims(
    factor: number,
    end: AbortController,
    notBefore?: Promise<void>,
    onInvoked: (invocations: number) => void = () => {},
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
      onInvoked(pool.invocations);
      return invocation;
    };
    const batchingWindowMs = (eventSourceMapping.batchingWindowMs ?? 0) / factor;
    return processQueue(this.#queue, { ...eventSourceMapping, batchingWindowMs }, invoke, {
      signal: AbortSignal.any([end.signal, this.#stopped.signal]),
      ...(notBefore && { notBefore }),
    });
  }

  /** Slices of the claims that the prover removed from its queue. */
  #settledSlices(runId: string) {
    const open = new Set([...this.#queue.bodies, ...this.#queue.deadLetters]);
    const settled = [...this.#claims.values()].filter((body) => !open.has(body));
    return parseAll(claimSchema, settled)
      .filter((claim) => claim.runId === runId)
      .flatMap(({ slices }) => slices.map(toSlice));
  }

  #lostSlices(runId: string): SlicePair[] {
    const bodies = this.#aws.queues.get(this.#prover.deadLetterQueueName)?.bodies ?? [];
    const lost = parseAll(slicePayload, bodies).filter((payload) => payload.runId === runId);
    return mergeSlices(lost.flatMap(({ slices }) => slices.map(toSlice)));
  }
}

function intersect(pairs: readonly SlicePair[], others: readonly SlicePair[]): SlicePair[] {
  return subtractPairs(pairs, subtractPairs(pairs, others));
}
