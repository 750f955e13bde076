import type { SQSBatchResponse } from 'aws-lambda';
import type { Report } from '../../lambda/contract/report.ts';
import type { RunSlice, Slice } from '../../lambda/contract/slice.ts';
import type { Invoke } from '../../lambda/producer/invocation.ts';
import type { World } from './world.ts';

/** How the simulated Lambda, its queue and its asynchronous invocations misbehave. */
export interface LambdaFaults {
  /** Probability that an invocation is killed, at any moment. */
  readonly kill: number;
  /** Probability that a message is delivered a second time although it was processed. */
  readonly deliverTwice: number;
  /** Probability that the queue does not take a call of messages; half of these it takes all the same. */
  readonly queueFails: number;
  /** Longest time until a message is delivered. */
  readonly queueDelayMs: number;
  /** Whether the queue never responds. */
  readonly queueHangs?: boolean;
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
  /** Slices that it began with. */
  readonly begun: readonly Slice[];
  /** Reports that it logged. */
  readonly reports: readonly Report[];
  /** Slices that the queue took from it. */
  readonly sent: readonly RunSlice[];
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
  /** Takes note of a slice that it begins with. */
  readonly logBegin: (slice: Slice) => void;
  /** Takes note of a report that it logged. */
  readonly logReport: (report: Report) => void;
  /** Hands slices to the queue. */
  readonly sendSlices: (slices: Iterable<RunSlice>) => Promise<void>;
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
  /** Whether anything made the same work be done twice. */
  repeated = false;
  readonly #world: World;
  readonly #settings: LambdaSettings;
  readonly #faults: LambdaFaults;
  readonly #start: (world: InvocationWorld) => Invoke;
  readonly #observer: Partial<LambdaObserver>;
  readonly #waiting: Message[] = [];
  #invocations = 0;
  #running = 0;
  #messages = 0;
  #pending = 0;

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
        this.repeated = true;
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
    const begun: Slice[] = [];
    const reports: Report[] = [];
    const sent: RunSlice[] = [];
    const startedMs = world.now();
    const endMs = startedMs + this.#settings.timeoutMs;
    let alive = true;
    const never = new Promise<never>(() => {});
    const whileAlive = <Value>(promise: Promise<Value>): Promise<Value> =>
      promise.then(
        (value) => (alive ? value : never),
        (error) => (alive ? Promise.reject(error) : never),
      );

    const invoke = this.#start({
      invocation,
      whileAlive,
      logBegin: (slice) => begun.push(slice),
      logReport: (report) => reports.push(report),
      sendSlices: async (slices) => {
        const taken = [...slices];
        await whileAlive(this.#send(taken));
        sent.push(...taken);
      },
    });

    return new Promise((resolve) => {
      const end = (result: Report | SQSBatchResponse | undefined, killed: boolean) => {
        if (!alive) {
          return;
        }
        alive = false;
        callOff();
        const ended: Ended = {
          invocation,
          payload,
          ...(result && { result }),
          begun,
          reports,
          sent,
          killed,
          times: [startedMs, world.now()],
        };
        this.ended.push(ended);
        this.#observer.onEnded?.(ended);
        resolve(result);
      };
      const killAfterMs = world.chance(this.#faults.kill)
        ? world.random() * this.#settings.timeoutMs
        : Number.POSITIVE_INFINITY;
      const callOff = world.after(Math.min(killAfterMs, this.#settings.timeoutMs), () => {
        if (killAfterMs >= this.#settings.timeoutMs) {
          this.violations.push(`invocation ${invocation} outlived its deadline`);
        }
        end(undefined, true);
      });
      invoke(payload, { requestId, endMs }).then(
        (result) => end(result, false),
        () => end(undefined, false),
      );
    });
  }

  async #send(slices: readonly RunSlice[]): Promise<void> {
    if (this.#faults.queueHangs) {
      await new Promise<never>(() => {});
    }
    await this.#world.sleep(this.#world.random() * 200);
    const fails = this.#world.chance(this.#faults.queueFails);
    if (!fails || this.#world.chance(0.5)) {
      for (const slice of slices) {
        this.send(JSON.stringify(slice));
      }
    }
    if (fails) {
      this.repeated = true;
      throw new Error('the queue did not respond');
    }
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
      this.repeated = true;
      this.#world.after(visibleMs - this.#world.now(), () => {
        this.#waiting.push(message);
        this.processWaiting();
      });
    }
    this.processWaiting();
  }
}
