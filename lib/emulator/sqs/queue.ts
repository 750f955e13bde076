/** What a queue does with its messages, as its template says. */
export interface QueueSettings {
  /** Name of the queue. */
  readonly queueName: string;
  /** Time after which a message that was received and not deleted can be received again. */
  readonly visibilityTimeoutMs: number;
  /** After so many receives a message becomes a dead letter. */
  readonly maxReceiveCount: number;
}

/** A message of a {@link LocalQueue}. */
export interface QueueMessage {
  /** Names the message. */
  readonly messageId: string;
  /** Its text. */
  readonly body: string;
  /** How often it was received. */
  receiveCount: number;
  /** When it can be received, in milliseconds since 1970. */
  visibleMs: number;
}

/** An SQS queue in memory, with its dead-letter queue. */
export class LocalQueue {
  /** What it was made with. */
  readonly settings: QueueSettings;
  /** Bodies of the messages that were received too often. */
  readonly deadLetters: string[] = [];
  /** Messages ever sent. */
  sent = 0;
  readonly #now: () => number;
  readonly #messages = new Map<string, QueueMessage>();
  #wake: (() => void)[] = [];

  /** @param now The clock, in milliseconds since 1970. */
  constructor(settings: QueueSettings, now: () => number = Date.now) {
    this.settings = settings;
    this.#now = now;
  }

  /** Whether no message is left, neither waiting nor being worked on. */
  get isEmpty(): boolean {
    return this.#messages.size === 0;
  }

  /** Messages left, whether they wait or are being worked on. */
  get size(): number {
    return this.#messages.size;
  }

  /** When the next message can be received, in milliseconds since 1970; `Infinity` when there is none. */
  get nextVisibleMs(): number {
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...[...this.#messages.values()].map(({ visibleMs }) => visibleMs),
    );
  }

  /** Takes a message, and returns its id. */
  send(body: string): string {
    this.sent += 1;
    const messageId = `message-${this.sent}`;
    this.#messages.set(messageId, { messageId, body, receiveCount: 0, visibleMs: this.#now() });
    this.#changed();
    return messageId;
  }

  /** Hands out at most `count` messages, which are invisible until the visibility timeout is over. */
  receive(count: number): QueueMessage[] {
    const { visibilityTimeoutMs, maxReceiveCount } = this.settings;
    // One moment for all of them: those received together become visible together.
    const now = this.#now();
    const received: QueueMessage[] = [];
    for (const message of this.#messages.values()) {
      if (received.length === count) {
        break;
      }
      if (message.visibleMs > now) {
        continue;
      }
      message.receiveCount += 1;
      if (message.receiveCount > maxReceiveCount) {
        this.#messages.delete(message.messageId);
        this.deadLetters.push(message.body);
        continue;
      }
      message.visibleMs = now + visibilityTimeoutMs;
      received.push(message);
    }
    return received;
  }

  /** Removes a message that was processed. */
  delete(messageId: string): void {
    this.#messages.delete(messageId);
    this.#changed();
  }

  /** Resolves when a message is sent or deleted. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #changed(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) {
      resolve();
    }
  }
}
