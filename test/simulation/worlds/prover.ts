import type { SQSBatchResponse } from 'aws-lambda';
import {
  createProver,
  type ProverObserver,
  type ProverOptions,
} from '../../../lambda/prover/claims/prover.ts';
import type { Verdict } from '../../../lambda/prover/claims/verdict.ts';
import type { Bucket } from '../../../lambda/prover/objects/bucket.ts';
import { type BatchResponse, createCallAll, type OutgoingMessage } from '../../../lambda/runtime/batches.ts';
import type { Clock } from '../../../lambda/runtime/clock.ts';
import type { Pause } from '../../../lambda/runtime/sqs.ts';
import { type DeliveryFaults, type Message, recordOf, SimulatedQueue } from '../aws/queue.ts';
import { runInvocation, type WhileAlive } from './invocation.ts';
import type { LambdaSettings } from './lambda.ts';
import type { World } from './world.ts';

export interface ProverFaults extends DeliveryFaults {
  /** Probability that an invocation is killed, at any moment of its first seconds. */
  readonly kill: number;
  /** Probability that a call to either queue fails, after it had an effect on some of the messages. */
  readonly fails: number;
  /** Whether the account's concurrency is used up. @default false */
  readonly throttled?: boolean;
}

export interface ProverSurroundings extends Pick<ProverOptions, 'environment'> {
  /** The deployed code. */
  readonly deployed: () => Pick<ProverOptions, 'createReader' | 'madeFor'>;
  readonly connectBucket: (whileAlive: WhileAlive) => Bucket;
  readonly onDeadLetter: (message: OutgoingMessage) => void;
  readonly onChecked?: ProverObserver['onChecked'];
  readonly onEnded?: (failed: boolean, startedMs: number) => void;
}

export interface Judgement {
  readonly messageId: string;
  readonly verdict: Verdict;
  /** Whether the dead-letter queue failed, so that the claim has to stay. */
  readonly failed: boolean;
  /** The payloads that the dead-letter queue took for this claim. */
  readonly payloads: readonly string[];
  readonly receives: number;
  readonly times: readonly [startedMs: number, endedMs: number];
  readonly duplicated: number;
  /** Keys of the objects in which the check of all claims found corrupt lines. Missing if it was killed before. */
  corruptKeys?: readonly string[];
}

/** The prover's own code in a simulated world, and the queue of claims that invokes it. */
export class SimulatedProver {
  readonly queue: SimulatedQueue;
  readonly judgements: Judgement[] = [];
  readonly violations: string[] = [];
  invocations = 0;
  readonly #world: World;
  readonly #settings: LambdaSettings;
  readonly #faults: ProverFaults;
  readonly #surroundings: ProverSurroundings;

  constructor(
    world: World,
    settings: LambdaSettings,
    faults: ProverFaults,
    surroundings: ProverSurroundings,
  ) {
    this.#world = world;
    this.#settings = settings;
    this.#faults = faults;
    this.#surroundings = surroundings;
    this.queue = new SimulatedQueue(
      world,
      settings,
      faults,
      (messages) => this.#invoke(messages),
      (message) => message.gone === 'dead' && surroundings.onDeadLetter(message),
    );
  }

  async #invoke(messages: readonly Message[]): Promise<SQSBatchResponse | undefined> {
    if (this.#faults.throttled) {
      return undefined;
    }
    const world = this.#world;
    const { timeoutMs } = this.#settings;
    const startedMs = world.now();
    const judgements: Judgement[] = [];
    this.invocations += 1;
    const isKilled = world.chance(this.#faults.kill);
    const killAfterMs = isKilled ? world.random() * world.pick([1_000, 10_000]) : undefined;
    const { result, error, timedOut } = await runInvocation(world, { timeoutMs, killAfterMs }, (whileAlive) =>
      createProver(this.#optionsOf(whileAlive, judgements, startedMs))(
        { Records: messages.map(recordOf) },
        startedMs + timeoutMs,
      ),
    );
    if (timedOut) {
      this.violations.push('the prover outlived its deadline');
    }
    if (error && error.name !== 'ReadingError') {
      this.violations.push(`the prover failed: ${error.message}`);
    }
    this.#checkSettled(messages, result, judgements);
    this.#surroundings.onEnded?.(result === undefined, startedMs);
    return result;
  }

  /** A claim leaves the queue only after a verdict that settles it. */
  #checkSettled(
    messages: readonly Message[],
    result: SQSBatchResponse | undefined,
    judgements: readonly Judgement[],
  ): void {
    const kept = result?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    for (const { id } of kept ? messages.filter((message) => !kept.includes(message.id)) : []) {
      const judgement = judgements.find(({ messageId }) => messageId === id);
      if (!judgement || judgement.verdict === 'waiting' || judgement.failed) {
        this.violations.push(`${id} leaves the queue without a final verdict`);
      }
    }
  }

  #optionsOf(whileAlive: WhileAlive, judgements: Judgement[], startedMs: number): ProverOptions {
    const world = this.#world;
    const { deployed, environment, connectBucket, onDeadLetter, onChecked } = this.#surroundings;
    let payloads: string[] = [];
    const onVerdict: ProverObserver['onVerdict'] = ({ messageId, verdict, receives, error, tally }) => {
      const times = [startedMs, world.now()] as const;
      const { duplicated } = tally;
      const failed = error !== undefined;
      const judgement = { messageId, verdict, failed, payloads, receives, times, duplicated };
      judgements.push(judgement);
      this.judgements.push(judgement);
      payloads = [];
    };
    const clock: Clock = {
      now: world.now,
      random: world.random,
      sleep: (durationMs, signal) => whileAlive(world.sleep(durationMs, signal)),
    };
    return {
      ...{ ...deployed(), environment, clock },
      bucket: connectBucket(whileAlive),
      observer: {
        onVerdict,
        onChecked: (claims, reading, comparison) => {
          const corruptKeys = comparison.corruptions.map(({ object }) => object.key);
          for (const judgement of judgements) {
            judgement.corruptKeys = corruptKeys;
          }
          onChecked?.(claims, reading, comparison);
        },
      },
      sendToDeadLetterQueue: this.#connectQueue<OutgoingMessage>(clock, whileAlive, (message) => {
        payloads.push(message.body);
        onDeadLetter(message);
      }),
      postpone: this.#connectQueue<Pause>(clock, whileAlive, ({ receiptHandle, seconds }) => {
        if (!Number.isInteger(seconds) || seconds < 1 || seconds > 43_200) {
          this.violations.push(`a claim was to wait ${seconds} s`);
        }
        this.queue.changeVisibility(receiptHandle, seconds);
      }),
    };
  }

  /** The calls to a queue, each of which may fail for good or for a time, after it had an effect on some of the items. */
  #connectQueue<Item>(clock: Clock, whileAlive: WhileAlive, take: (item: Item) => void) {
    const world = this.#world;
    const call = async (items: readonly Item[], isDenied: boolean): Promise<BatchResponse> => {
      const places = [...items.keys()];
      const fails = isDenied || world.chance(this.#faults.fails / 2);
      const part = fails ? world.integer(0, items.length) : items.length;
      await world.sleep(world.random() * 100);
      items.slice(0, part).forEach(take);
      await world.sleep(world.random() * 100);
      if (!fails) {
        return { kind: 'decided', taken: places, again: [] };
      }
      const cause = new Error(`${items.length - part} of ${items.length} messages: 503`);
      return { kind: isDenied ? 'fatal' : 'lost', taken: [], again: isDenied ? [] : places, cause };
    };
    return (items: Iterable<Item>, untilMs: number): Promise<void> => {
      const isDenied = world.chance(this.#faults.fails);
      return createCallAll<Item>((batch) => whileAlive(call(batch, isDenied)), clock)(items, untilMs);
    };
  }
}
