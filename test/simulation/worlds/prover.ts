import type { SQSEvent } from 'aws-lambda';
import type { Environment } from '../../../lambda/prover/claims/environment.ts';
import { createProver, type Prove } from '../../../lambda/prover/claims/prover.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { createObserver } from '../../../lambda/prover/observer.ts';
import type { SendMessages } from '../../../lambda/runtime/batches.ts';
import type { MetricSink } from '../../../lambda/runtime/handler.ts';
import type { Pause } from '../../../lambda/runtime/sqs.ts';
import type { SimulatedBucket } from '../aws/bucket.ts';
import { type QueueFaults, QueuePort, QueueTraffic } from '../aws/queue-port.ts';
import type { World } from './world.ts';

/** The settings of the simulated prover and its queue. */
export interface ProverSettings {
  /** What the prover knows from its environment. */
  readonly environment: Environment;
  /** Seconds that a claim waits before it is looked at first. */
  readonly delaySeconds: number;
  /** Time that an invocation may take. */
  readonly timeoutMs: number;
  /** Time after which a claim that nobody settled or paused is delivered again. */
  readonly visibilityTimeoutMs: number;
  /** After so many deliveries a claim becomes a dead letter. */
  readonly maxReceiveCount: number;
  /** Invocations at the same time. */
  readonly maxConcurrency: number;
  /** Most claims that an invocation gets. */
  readonly batchSize: number;
  /** How long the trigger waits for more claims. */
  readonly batchingWindowMs: number;
}

/** What is beside the simulated prover. */
export interface ProverSurroundings {
  /** Where events land. */
  readonly bucket: SimulatedBucket;
  /** How the proof queue misbehaves towards the producer. */
  readonly queueFaults: QueueFaults;
  /** Whether no invocation may start. */
  readonly isThrottled: () => boolean;
  /** Takes a message of the dead-letter queue. */
  readonly bury: (body: string) => void;
  /** Where the prover's own metrics go. */
  readonly metrics: MetricSink;
  /** Told of every invocation that ended. */
  readonly onEnded: (failed: boolean, startedMs: number) => void;
}

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentMs: number;
  receiveCount: number;
  /** When it may be delivered again, if it is not settled. */
  visibleMs: number;
}

/** How long SQS takes to respond to the prover. */
const latencyMs = 50;

/** The prover's own code in a simulated world, with its queue of claims, which invokes it. */
export class SimulatedProver {
  readonly #world: World;
  readonly #settings: ProverSettings;
  readonly #surroundings: ProverSurroundings;
  readonly #prove: Prove;
  readonly #port: QueuePort;
  readonly #waiting: Message[] = [];
  /** Claims that an invocation looks at, by their receipt handle. */
  readonly #inFlight = new Map<string, Message>();
  #messages = 0;
  #running = 0;
  #isOn = true;
  #isCollecting = false;

  constructor(world: World, settings: ProverSettings, surroundings: ProverSurroundings) {
    this.#world = world;
    this.#settings = settings;
    this.#surroundings = surroundings;
    const { bucket, metrics, bury } = surroundings;
    const silent = () => {};
    this.#prove = createProver({
      createReader: createDefaultReader,
      environment: settings.environment,
      bucket,
      postpone: (pauses) => this.#pause(pauses),
      sendToDeadLetterQueue: async (bodies) => {
        await world.sleep(latencyMs);
        for (const body of bodies) {
          bury(body);
        }
      },
      clock: world,
      observer: createObserver({ info: silent, warn: silent, error: silent }, metrics),
    });
    this.#port = new QueuePort(world, surroundings.queueFaults, (body) => this.#send(body));
  }

  /** Claims that wait for an invocation. */
  get visibleMessages(): number {
    return this.#waiting.length;
  }

  /** The side of the queue that takes claims, as an invocation of the producer sees it. */
  connect(): SendMessages {
    return this.#port.connect(new QueueTraffic());
  }

  /** Switches the event source mapping on or off. */
  setTrigger(enabled: boolean): void {
    this.#isOn = enabled;
    this.#collect();
  }

  #send(body: string): void {
    this.#messages += 1;
    const id = `claim-${this.#messages}`;
    const sentMs = this.#world.now();
    this.#deliver({
      id,
      body,
      sentMs,
      receiveCount: 0,
      visibleMs: sentMs + 1_000 * this.#settings.delaySeconds,
    });
  }

  #deliver(message: Message): void {
    this.#world.after(message.visibleMs - this.#world.now(), () => {
      this.#waiting.push(message);
      this.#collect();
    });
  }

  #collect(): void {
    if (this.#isCollecting || this.#waiting.length === 0) {
      return;
    }
    this.#isCollecting = true;
    this.#world.after(this.#settings.batchingWindowMs, () => {
      this.#isCollecting = false;
      const { maxConcurrency, batchSize } = this.#settings;
      while (this.#isOn && this.#running < maxConcurrency && this.#waiting.length > 0) {
        this.#invoke(this.#waiting.splice(0, batchSize));
      }
    });
  }

  async #invoke(received: readonly Message[]): Promise<void> {
    const { maxReceiveCount, visibilityTimeoutMs } = this.#settings;
    const startedMs = this.#world.now();
    const messages = received.filter((message) => {
      message.receiveCount += 1;
      message.visibleMs = startedMs + visibilityTimeoutMs;
      if (message.receiveCount > maxReceiveCount) {
        this.#surroundings.bury(message.body);
      }
      return message.receiveCount <= maxReceiveCount;
    });
    if (messages.length === 0) {
      return;
    }
    this.#running += 1;
    const kept = this.#surroundings.isThrottled() ? undefined : await this.#look(messages, startedMs);
    this.#running -= 1;
    for (const message of messages) {
      if (kept?.has(message.id) ?? true) {
        this.#deliver(message);
      }
    }
    this.#collect();
  }

  /** @returns the ids of the claims that stay in the queue; `undefined` if the invocation failed: all of them. */
  async #look(messages: readonly Message[], startedMs: number): Promise<ReadonlySet<string> | undefined> {
    for (const message of messages) {
      this.#inFlight.set(message.id, message);
    }
    const Records = messages.map(({ id, body, sentMs, receiveCount }) => ({
      messageId: id,
      receiptHandle: id,
      body,
      attributes: { ApproximateReceiveCount: String(receiveCount), SentTimestamp: String(sentMs) },
    }));
    try {
      const { batchItemFailures } = await this.#prove(
        { Records } as unknown as SQSEvent,
        startedMs + this.#settings.timeoutMs,
      );
      this.#surroundings.onEnded(false, startedMs);
      return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    } catch {
      this.#surroundings.onEnded(true, startedMs);
      return undefined;
    } finally {
      for (const { id } of messages) {
        this.#inFlight.delete(id);
      }
    }
  }

  async #pause(pauses: readonly Pause[]): Promise<void> {
    await this.#world.sleep(latencyMs);
    for (const { receiptHandle, seconds } of pauses) {
      this.#inFlight.get(receiptHandle)!.visibleMs = this.#world.now() + 1_000 * seconds;
    }
  }
}
