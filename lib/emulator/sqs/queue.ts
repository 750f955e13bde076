export interface QueueSettings {
  readonly queueName: string;
  /** Time after which a received message that was not deleted can be received again. */
  readonly visibilityTimeoutMs: number;
  /** After this many receives a message moves to the dead-letter queue. @default - it never does */
  readonly maxReceiveCount?: number;
  /**
   * Divides the delays of messages, and the visibility timeout of those whose invocation failed. Timeouts that a function sets
   * are not divided.
   *
   * @default 1
   */
  readonly timeFactor?: number;
}

export interface QueueOptions {
  /** The clock, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Called with the body of each message that exceeded `maxReceiveCount`. */
  readonly onDeadLetter?: (body: string) => void;
}

export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  /** As Lambda names them. */
  readonly messageAttributes: object;
  /** In milliseconds since 1970. */
  readonly sentMs: number;
  receiveCount: number;
  /** Time of the last receive, in milliseconds since 1970; 0 if there was none. */
  receivedMs: number;
  /** Time from which it can be received, in milliseconds since 1970. */
  visibleMs: number;
}

/** Lower bound of divided delays, so that a function that fails at once is not called in a loop. */
const minDelayMs = 1_000;

/** An SQS queue in memory. */
export class LocalQueue {
  readonly settings: QueueSettings;
  /** Bodies of the messages that exceeded `maxReceiveCount`. */
  readonly deadLetters: string[] = [];
  /** Number of messages ever sent. */
  sent = 0;
  readonly #now: () => number;
  readonly #onDeadLetter: QueueOptions['onDeadLetter'];
  readonly #messages = new Map<string, QueueMessage>();
  readonly #waiting: (() => void)[] = [];

  constructor(settings: QueueSettings, { now = Date.now, onDeadLetter }: QueueOptions = {}) {
    this.settings = settings;
    this.#now = now;
    this.#onDeadLetter = onDeadLetter;
  }

  /** Whether no message is left, neither visible nor received. */
  get isEmpty(): boolean {
    return this.#messages.size === 0;
  }

  /** Number of messages left, visible or not. */
  get size(): number {
    return this.#messages.size;
  }

  get bodies(): string[] {
    return [...this.#messages.values()].map(({ body }) => body);
  }

  /** Number of messages that can be received now. */
  get visible(): number {
    const now = this.#now();
    return [...this.#messages.values()].filter(({ visibleMs }) => visibleMs <= now).length;
  }

  /** Time from which the next message can be received, in milliseconds since 1970; `Infinity` for an empty queue. */
  get nextVisibleMs(): number {
    return Math.min(...[...this.#messages.values()].map(({ visibleMs }) => visibleMs));
  }

  /** Adds a message that is visible after a delay. @returns its id. */
  send(body: string, delaySeconds = 0, messageAttributes: object = {}): string {
    this.sent += 1;
    const messageId = `message-${this.sent}`;
    const sentMs = this.#now();
    this.#messages.set(messageId, {
      messageId,
      body,
      messageAttributes,
      sentMs,
      receiveCount: 0,
      receivedMs: 0,
      visibleMs: sentMs + (delaySeconds > 0 ? this.#shorten(delaySeconds * 1_000) : 0),
    });
    this.#changed();
    return messageId;
  }

  /** Receives at most `count` messages, which are then invisible for the visibility timeout. */
  receive(count: number): QueueMessage[] {
    const { visibilityTimeoutMs, maxReceiveCount = Number.POSITIVE_INFINITY } = this.settings;
    // Messages received together become visible together.
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
        this.#onDeadLetter?.(message.body);
        continue;
      }
      message.receivedMs = now;
      message.visibleMs = now + visibilityTimeoutMs;
      received.push(message);
    }
    return received;
  }

  /** Makes a message visible after this time. @returns whether there is such a message. */
  changeVisibility(messageId: string, seconds: number): boolean {
    const message = this.#messages.get(messageId);
    if (message) {
      message.visibleMs = this.#now() + seconds * 1_000;
      this.#changed();
    }
    return message !== undefined;
  }

  /**
   * Ends the work on a message without deleting it. As in AWS, it becomes visible after its visibility timeout. Only here does
   * the time factor shorten that, so that no message is received twice while its work is under way.
   */
  release({ messageId, receivedMs, visibleMs }: QueueMessage): void {
    const message = this.#messages.get(messageId);
    const { visibilityTimeoutMs, timeFactor = 1 } = this.settings;
    if (
      timeFactor > 1 &&
      message?.visibleMs === visibleMs &&
      visibleMs === receivedMs + visibilityTimeoutMs
    ) {
      message.visibleMs = receivedMs + this.#shorten(visibilityTimeoutMs);
      this.#changed();
    }
  }

  /** Makes every message visible now. */
  reveal(): void {
    for (const message of this.#messages.values()) {
      message.visibleMs = Math.min(message.visibleMs, this.#now());
    }
    this.#changed();
  }

  delete(messageId: string): void {
    this.#messages.delete(messageId);
    this.#changed();
  }

  /** Resolves when a message is sent or deleted, or its visibility changes. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #shorten(ms: number): number {
    const { timeFactor = 1 } = this.settings;
    return timeFactor > 1 ? Math.max(minDelayMs, ms / timeFactor) : ms;
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) {
      wake();
    }
  }
}
