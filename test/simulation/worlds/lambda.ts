import type { SQSBatchResponse } from 'aws-lambda';
import type { Report } from '../../../lambda/contract/report.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import type { Invoke } from '../../../lambda/producer/invocation/invocation.ts';
import type { SendMessages } from '../../../lambda/runtime/batches.ts';
import { type QueueFaults, QueuePort, QueueTraffic } from '../aws/queue-port.ts';
import { InvocationLog, type MessageFailure, type Work } from './invocation-log.ts';
import type { World } from './world.ts';

/** How the simulated Lambda, its queue and its asynchronous invocations misbehave. */
export interface LambdaFaults extends QueueFaults {
  /** Probability that an invocation is killed, at any moment. */
  readonly kill: number;
  /** Probability that a message is delivered a second time although it was processed. */
  readonly deliverTwice: number;
  /** Longest time until a message is delivered. */
  readonly queueDelayMs: number;
  /** Whether no invocation may start, because others use up the account's concurrency. */
  readonly throttled?: boolean;
}

/** The settings of the simulated function and queue. */
export interface LambdaSettings {
  /** Time that an invocation may take. */
  readonly timeoutMs: number;
  /** Time after which a message that was not processed is delivered again. */
  readonly visibilityTimeoutMs: number;
  /** After so many deliveries a message becomes a dead letter. */
  readonly maxReceiveCount: number;
  /** Invocations at the same time. */
  readonly maxConcurrency: number;
  /** Most messages that an invocation gets. */
  readonly batchSize: number;
}

/** What became of one invocation. */
export interface Ended {
  /** Its number, from 1. */
  readonly invocation: number;
  /** What it worked on. */
  readonly payload: unknown;
  /** What it returned; missing when it failed or was killed. */
  readonly result?: Report | SQSBatchResponse;
  /** What it threw. */
  readonly error?: Error;
  /** The slices that it began with. */
  readonly works: readonly Work[];
  /** Reports that it logged. */
  readonly reports: readonly Report[];
  /** Errors about messages that it logged. */
  readonly failures: readonly MessageFailure[];
  /** What it and the queue told each other. */
  readonly traffic: Readonly<QueueTraffic>;
  /** Whether the simulation killed it. */
  readonly killed: boolean;
  /** When it began, and when it ended. */
  readonly times: readonly [startedMs: number, endedMs: number];
}

/** Told of what Lambda and its queue count. */
export interface LambdaObserver {
  /** An invocation ended. */
  readonly onEnded: (ended: Ended) => void;
  /** An invocation could not start. */
  readonly onThrottled: () => void;
  /** So many messages were processed. */
  readonly onDeleted: (messages: number) => void;
}

/** The world of one invocation, which goes dark when it is killed. */
export interface InvocationWorld {
  /** Its number, from 1. */
  readonly invocation: number;
  /** Passes a promise on, but not beyond the death of the invocation. */
  readonly whileAlive: <Value>(promise: Promise<Value>) => Promise<Value>;
  /** Takes note of a slice that it begins with, and the message that it came in. */
  readonly logBegin: (slice: RunSlice, messageId?: string) => void;
  /** Takes note of a report that it logged, and the message that it is about. */
  readonly logReport: (report: Report, messageId?: string) => void;
  /** Takes note of an error that it logged about a message. */
  readonly logFailure: (failure: MessageFailure) => void;
  /** The slice that it began with last, as the sender of requests. */
  readonly sender: () => unknown;
  /** Sends messages to the queue. */
  readonly sendMessages: SendMessages;
}

interface Message {
  readonly id: string;
  readonly body: string;
  receiveCount: number;
}

/**
 * Lambda in a simulated world: asynchronous invocations with two retries, an event source mapping that processes a
 * queue, dead letters, and sudden death.
 */
export class SimulatedLambda {
  /** Every invocation that ended. */
  readonly ended: Ended[] = [];
  /** Payloads that nobody will work on any more without somebody's help. */
  readonly deadLetters: unknown[] = [];
  /** What no function may do. */
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #settings: LambdaSettings;
  readonly #faults: LambdaFaults;
  readonly #start: (world: InvocationWorld) => Invoke;
  readonly #observer: Partial<LambdaObserver>;
  readonly #port: QueuePort;
  readonly #waiting: Message[] = [];
  #invocations = 0;
  #running = 0;
  #messages = 0;
  #pending = 0;
  #repeated = false;

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
    this.#port = new QueuePort(world, faults, (body) => this.send(body));
  }

  /** Whether anything made the same work be done twice. */
  get repeated(): boolean {
    return (
      this.#repeated ||
      this.ended.some(({ traffic }) => traffic.taken.some(({ acknowledged }) => !acknowledged))
    );
  }

  /** Whether nothing is left to do. */
  get isIdle(): boolean {
    return this.#pending === 0;
  }

  /** Messages that wait for an invocation. */
  get visibleMessages(): number {
    return this.#waiting.length;
  }

  /** Invokes the function asynchronously, as a schedule does: Lambda tries three times. */
  invokeAsync(payload: unknown): void {
    const requestId = `request-${this.#invocations}`;
    this.#pending += 1;
    const attempt = async (number: number, throttles = 0) => {
      if (this.#isThrottled()) {
        // Not one of the three: Lambda goes on trying for hours.
        this.#world.after(Math.min(300_000, 1_000 * 2 ** throttles), () => attempt(number, throttles + 1));
        return;
      }
      const result = await this.#invoke(payload, requestId);
      if (result === undefined && number < 3) {
        this.#repeated = true;
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

  /** Puts a message into the queue. */
  send(body: string): void {
    this.#pending += 1;
    this.#deliver({ id: `message-${++this.#messages}`, body, receiveCount: 0 });
  }

  /** Lets the function process what waits, as far as it may. */
  processWaiting(): void {
    while (this.#running < this.#settings.maxConcurrency && this.#waiting.length > 0) {
      this.#receive(this.#waiting.splice(0, this.#settings.batchSize));
    }
  }

  #isThrottled(): boolean {
    if (this.#faults.throttled) {
      this.#observer.onThrottled?.();
    }
    return this.#faults.throttled ?? false;
  }

  async #invoke(payload: unknown, requestId: string): Promise<Report | SQSBatchResponse | undefined> {
    const world = this.#world;
    const invocation = ++this.#invocations;
    const log = new InvocationLog();
    const traffic = new QueueTraffic();
    const startedMs = world.now();
    const endMs = startedMs + this.#settings.timeoutMs;
    let alive = true;
    const never = new Promise<never>(() => {});
    const whileAlive = <Value>(promise: Promise<Value>): Promise<Value> =>
      promise.then(
        (value) => (alive ? value : never),
        (error) => (alive ? Promise.reject(error) : never),
      );

    const sendMessages = this.#port.connect(traffic);
    const invoke = this.#start({
      invocation,
      whileAlive,
      logBegin: (slice, messageId) => log.began(slice, messageId),
      logReport: (report, messageId) => log.reported(report, messageId),
      logFailure: (failure) => log.failures.push(failure),
      sender: () => log.works.at(-1),
      sendMessages: (bodies, signal) => whileAlive(sendMessages(bodies, signal)),
    });

    return new Promise((resolve) => {
      const end = (how: Pick<Ended, 'result' | 'error' | 'killed'>) => {
        if (!alive) {
          return;
        }
        alive = false;
        callOff();
        const ended: Ended = {
          invocation,
          payload,
          ...how,
          works: log.works,
          reports: log.reports,
          failures: log.failures,
          traffic,
          times: [startedMs, world.now()],
        };
        this.ended.push(ended);
        this.#observer.onEnded?.(ended);
        resolve(how.result);
      };
      const killAfterMs = world.chance(this.#faults.kill)
        ? world.random() * this.#settings.timeoutMs
        : Number.POSITIVE_INFINITY;
      const callOff = world.after(Math.min(killAfterMs, this.#settings.timeoutMs), () => {
        if (killAfterMs >= this.#settings.timeoutMs) {
          this.violations.push(`invocation ${invocation} outlived its deadline`);
        }
        end({ killed: true });
      });
      invoke(payload, { requestId, endMs }).then(
        (result) => end({ result, killed: false }),
        (error) => end({ error, killed: false }),
      );
    });
  }

  #deliver(message: Message): void {
    this.#world.after(this.#world.random() * this.#faults.queueDelayMs, () => {
      this.#waiting.push(message);
      this.processWaiting();
    });
  }

  async #receive(received: readonly Message[]): Promise<void> {
    const { maxReceiveCount, visibilityTimeoutMs } = this.#settings;
    const messages = received.filter((message) => {
      message.receiveCount += 1;
      if (message.receiveCount > maxReceiveCount) {
        this.deadLetters.push(JSON.parse(message.body));
        this.#pending -= 1;
      }
      return message.receiveCount <= maxReceiveCount;
    });
    if (messages.length === 0) {
      return;
    }
    this.#running += 1;
    const visibleMs = this.#world.now() + visibilityTimeoutMs;
    const Records = messages.map(({ id, body }) => ({ eventSource: 'aws:sqs', messageId: id, body }));
    const result = this.#isThrottled() ? undefined : await this.#invoke({ Records }, messages[0]!.id);
    this.#running -= 1;
    const failures = (result as SQSBatchResponse | undefined)?.batchItemFailures;
    for (const message of messages) {
      const isProcessed = failures?.every(({ itemIdentifier }) => itemIdentifier !== message.id) ?? false;
      if (isProcessed && !this.#world.chance(this.#faults.deliverTwice)) {
        this.#pending -= 1;
        this.#observer.onDeleted?.(1);
        continue;
      }
      // A failed message may have been sent in part by an invocation that nobody heard of again.
      this.#repeated = true;
      this.#world.after(visibleMs - this.#world.now(), () => {
        this.#waiting.push(message);
        this.processWaiting();
      });
    }
    this.processWaiting();
  }
}
