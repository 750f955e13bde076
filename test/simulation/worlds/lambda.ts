import type { SQSBatchResponse } from 'aws-lambda';
import type { Report } from '../../../lambda/contract/report.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import type { Invoke, MessageFailure } from '../../../lambda/producer/invocation/invocation.ts';
import type { SendMessages } from '../../../lambda/runtime/batches.ts';
import type { Pause } from '../../../lambda/runtime/sqs.ts';
import {
  type DeliveryFaults,
  type Message,
  type QueueSettings,
  recordOf,
  SimulatedQueue,
} from '../aws/queue.ts';
import { type QueueFaults, QueuePort, QueueTraffic } from '../aws/queue-port.ts';
import { type InvocationEnd, runInvocation, type WhileAlive } from './invocation.ts';
import type { World } from './world.ts';

export interface LambdaFaults extends QueueFaults, DeliveryFaults {
  /** Probability that an invocation is killed, at any moment. */
  readonly kill: number;
  /** Whether the account's concurrency is used up. @default false */
  readonly throttled?: boolean;
}

export interface LambdaSettings extends QueueSettings {
  readonly timeoutMs: number;
}

/** A slice that an invocation began with. */
export interface Work {
  readonly slice: RunSlice;
  /** Missing if the slice came in a payload. */
  readonly messageId?: string;
  /** Its reports: exactly one, if all is well. */
  readonly reports: Report[];
}

type Result = Report | SQSBatchResponse;

export interface Ended extends InvocationEnd<Result> {
  /** Its number, from 1. */
  readonly invocation: number;
  readonly payload: unknown;
  readonly works: Work[];
  readonly failures: MessageFailure[];
  readonly traffic: QueueTraffic<RunSlice>;
  readonly times: readonly [startedMs: number, endedMs: number];
}

export interface LambdaObserver {
  readonly onEnded: (ended: Ended) => void;
  readonly onThrottled: () => void;
  readonly onDeleted: () => void;
}

export interface InvocationWorld extends Pick<Ended, 'invocation' | 'works' | 'failures'> {
  readonly whileAlive: WhileAlive;
  readonly sendMessages: SendMessages;
  readonly postpone: (pauses: readonly Pause[]) => Promise<void>;
}

/** Lambda and the work queue: asynchronous invocations with two retries, messages, dead letters and sudden death. */
export class SimulatedLambda {
  readonly ended: Ended[] = [];
  /** Payloads that nothing sends again. */
  readonly deadLetters: unknown[] = [];
  readonly violations: string[] = [];
  readonly queue: SimulatedQueue;
  readonly #world: World;
  readonly #settings: LambdaSettings;
  readonly #faults: LambdaFaults;
  readonly #start: (world: InvocationWorld) => Invoke;
  readonly #observer: Partial<LambdaObserver>;
  readonly #port: QueuePort;
  #invocations = 0;
  /** Asynchronous invocations that have not succeeded yet. */
  #pending = 0;
  #hasRetried = false;

  constructor(
    world: World,
    settings: LambdaSettings,
    faults: LambdaFaults,
    start: (world: InvocationWorld) => Invoke,
    observer: Partial<LambdaObserver> = {},
  ) {
    this.#world = world;
    this.#settings = settings;
    this.#faults = faults;
    this.#start = start;
    this.#observer = observer;
    this.queue = new SimulatedQueue(
      world,
      settings,
      faults,
      (messages) => this.#processMessages(messages),
      ({ gone, body }) =>
        gone === 'deleted' ? observer.onDeleted?.() : this.deadLetters.push(JSON.parse(body)),
    );
    this.#port = new QueuePort(world, faults, this.queue.send);
  }

  /** Whether any work may have been done twice. */
  get hasRepeated(): boolean {
    return (
      this.#hasRetried ||
      this.queue.hasRepeated ||
      this.ended.some(({ traffic }) => traffic.taken.some(({ acknowledged }) => !acknowledged))
    );
  }

  get isIdle(): boolean {
    return this.#pending === 0 && this.queue.isEmpty;
  }

  /** Invokes the function as a schedule does: Lambda tries three times. */
  invokeAsync(payload: unknown): void {
    const requestId = `request-${this.#invocations}`;
    this.#pending += 1;
    const attempt = async (number: number, throttles = 0) => {
      if (this.#isThrottled()) {
        // Not one of the three attempts: Lambda retries throttled invocations for hours.
        this.#world.after(Math.min(300_000, 1_000 * 2 ** throttles), () => attempt(number, throttles + 1));
        return;
      }
      const result = await this.#invoke(payload, requestId);
      if (result === undefined && number < 3) {
        this.#hasRetried = true;
        this.#world.after(number * 60_000, () => attempt(number + 1));
        return;
      }
      if (result === undefined) {
        this.deadLetters.push(payload);
      }
      this.#pending -= 1;
    };
    attempt(1);
  }

  #isThrottled(): boolean {
    if (this.#faults.throttled) {
      this.#observer.onThrottled?.();
    }
    return this.#faults.throttled ?? false;
  }

  async #processMessages(messages: readonly Message[]): Promise<SQSBatchResponse | undefined> {
    if (this.#isThrottled()) {
      return undefined;
    }
    const result = await this.#invoke({ Records: messages.map(recordOf) }, messages[0]!.id);
    return result as SQSBatchResponse | undefined;
  }

  async #postpone(pauses: readonly Pause[]): Promise<void> {
    await this.#world.sleep(100);
    for (const { receiptHandle, seconds } of pauses) {
      this.queue.changeVisibility(receiptHandle, seconds);
    }
  }

  async #invoke(payload: unknown, requestId: string): Promise<Result | undefined> {
    const world = this.#world;
    const { timeoutMs } = this.#settings;
    const invocation = ++this.#invocations;
    const traffic = new QueueTraffic<RunSlice>();
    const [works, failures]: [Work[], MessageFailure[]] = [[], []];
    const startedMs = world.now();
    const sendMessages = this.#port.connect(traffic);
    const killAfterMs = world.chance(this.#faults.kill) ? world.random() * timeoutMs : undefined;
    const end = await runInvocation(world, { timeoutMs, killAfterMs }, (whileAlive) =>
      this.#start({
        ...{ invocation, works, failures, whileAlive },
        sendMessages: (messages, signal) => whileAlive(sendMessages(messages, signal)),
        postpone: (pauses) => whileAlive(this.#postpone(pauses)),
      })(payload, { requestId, endMs: startedMs + timeoutMs }),
    );
    if (end.timedOut) {
      this.violations.push(`invocation ${invocation} outlived its deadline`);
    }
    const times = [startedMs, world.now()] as const;
    const ended: Ended = { ...end, invocation, payload, works, failures, traffic, times };
    this.ended.push(ended);
    this.#observer.onEnded?.(ended);
    return end.result;
  }
}
