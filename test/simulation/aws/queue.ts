import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { madeForAttribute } from '../../../lambda/contract/made-for.ts';
import type { OutgoingMessage } from '../../../lambda/runtime/batches.ts';
import type { World } from '../worlds/world.ts';

/** The settings of a simulated queue and of the event source mapping that processes it. */
export interface QueueSettings {
  /** Time from the sending of a message to its first delivery. @default 0 */
  readonly delayMs?: number;
  /** Time after which a message that was not deleted is delivered again. */
  readonly visibilityTimeoutMs: number;
  /** After this many deliveries a message moves to the dead-letter queue. */
  readonly maxReceiveCount: number;
  /** Age at which the queue drops a message silently. @default - never */
  readonly retentionMs?: number;
  readonly maxConcurrency: number;
  readonly batchSize: number;
  /** @default 0 */
  readonly batchingWindowMs?: number;
}

export interface DeliveryFaults {
  /** Probability that a message is delivered again although it was processed. */
  readonly deliverTwice: number;
  /** Longest time until a message is delivered, beyond its delay. */
  readonly queueDelayMs: number;
}

export interface Message extends OutgoingMessage {
  readonly id: string;
  readonly sentMs: number;
  receiveCount: number;
  /** Why it is no longer in the queue. */
  gone?: 'deleted' | 'dead' | 'expired';
}

/** An SQS queue in a simulated world, and the event source mapping that hands its messages to a function, in any order. */
export class SimulatedQueue {
  readonly messages: Message[] = [];
  readonly #world: World;
  readonly #settings: QueueSettings;
  readonly #faults: DeliveryFaults;
  readonly #invoke: (messages: readonly Message[]) => Promise<SQSBatchResponse | undefined>;
  readonly #onGone: (message: Message) => void;
  readonly #waiting: Message[] = [];
  readonly #cancels = new Map<Message, () => void>();
  #isEnabled = true;
  #running = 0;
  #left = 0;

  /** @param invoke Resolves to `undefined` if the invocation failed. */
  constructor(
    world: World,
    settings: QueueSettings,
    faults: DeliveryFaults,
    invoke: (messages: readonly Message[]) => Promise<SQSBatchResponse | undefined>,
    onGone: (message: Message) => void = () => {},
  ) {
    this.#world = world;
    this.#settings = settings;
    this.#faults = faults;
    this.#invoke = invoke;
    this.#onGone = onGone;
  }

  get isEmpty(): boolean {
    return this.#left === 0;
  }

  get visible(): number {
    return this.#waiting.length;
  }

  get hasRepeated(): boolean {
    return this.messages.some(({ receiveCount }) => receiveCount > 1);
  }

  readonly send = (sent: OutgoingMessage): void => {
    const { delayMs = 0, retentionMs } = this.#settings;
    const id = `message-${this.messages.length + 1}`;
    const message: Message = { ...sent, id, sentMs: this.#world.now(), receiveCount: 0 };
    this.messages.push(message);
    this.#left += 1;
    if (retentionMs !== undefined) {
      this.#world.after(retentionMs, () => this.#remove(message, 'expired'));
    }
    this.#deliverAfter(message, delayMs);
  };

  /** Changes when a message in flight is delivered again. The receipt of an earlier delivery has no effect. */
  changeVisibility(receiptHandle: string, seconds: number): void {
    const message = this.messages.find((each) => receiptOf(each) === receiptHandle);
    if (message && !message.gone && !this.#waiting.includes(message)) {
      this.#deliverAfter(message, 1_000 * seconds);
    }
  }

  setTrigger(enabled: boolean): void {
    this.#isEnabled = enabled;
    this.#processWaiting();
  }

  #processWaiting(): void {
    while (this.#isEnabled && this.#running < this.#settings.maxConcurrency && this.#waiting.length > 0) {
      this.#process(this.#receive());
    }
  }

  #deliverAfter(message: Message, durationMs: number): void {
    this.#cancels.get(message)?.();
    const lagMs = this.#world.random() * this.#faults.queueDelayMs;
    const cancel = this.#world.after(durationMs + lagMs, () => {
      this.#waiting.push(message);
      const { batchingWindowMs = 0 } = this.#settings;
      if (batchingWindowMs > 0) {
        this.#world.after(batchingWindowMs, () => this.#processWaiting());
      } else {
        this.#processWaiting();
      }
    });
    this.#cancels.set(message, cancel);
  }

  #receive(): Message[] {
    const batch: Message[] = [];
    while (batch.length < this.#settings.batchSize && this.#waiting.length > 0) {
      const place = this.#world.integer(0, this.#waiting.length - 1);
      const message = this.#waiting[place]!;
      this.#waiting[place] = this.#waiting.at(-1)!;
      this.#waiting.pop();
      if (message.gone) {
        continue;
      }
      message.receiveCount += 1;
      if (message.receiveCount > this.#settings.maxReceiveCount) {
        this.#remove(message, 'dead');
      } else {
        this.#deliverAfter(message, this.#settings.visibilityTimeoutMs);
        batch.push(message);
      }
    }
    return batch;
  }

  async #process(batch: readonly Message[]): Promise<void> {
    if (batch.length === 0) {
      return;
    }
    this.#running += 1;
    const response = await this.#invoke(batch);
    this.#running -= 1;
    const kept = response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    for (const message of batch) {
      if (kept?.includes(message.id) === false && !this.#world.chance(this.#faults.deliverTwice)) {
        this.#remove(message, 'deleted');
      }
    }
    this.#processWaiting();
  }

  #remove(message: Message, gone: NonNullable<Message['gone']>): void {
    if (!message.gone) {
      message.gone = gone;
      this.#left -= 1;
      this.#cancels.get(message)?.();
      this.#cancels.delete(message);
      this.#onGone(message);
    }
  }
}

/** A message as Lambda hands it to a function. */
export function recordOf(message: Message): SQSRecord {
  const { id: messageId, body, madeFor, receiveCount, sentMs } = message;
  const messageAttributes = madeFor ? { [madeForAttribute]: { stringValue: madeFor } } : {};
  const attributes = { ApproximateReceiveCount: String(receiveCount), SentTimestamp: String(sentMs) };
  return {
    ...{ messageId, body, receiptHandle: receiptOf(message), attributes, eventSource: 'aws:sqs' },
    messageAttributes,
  } as unknown as SQSRecord;
}

function receiptOf({ id, receiveCount }: Message): string {
  return `${id}-receipt-${receiveCount}`;
}
