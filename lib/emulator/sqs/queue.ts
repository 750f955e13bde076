/** What a queue does with its messages, as its template says. */
export interface QueueSettings {
  /** Name of the queue. */
  readonly queueName: string;
  /** Time after which a message that was received and not deleted can be received again. */
  readonly visibilityTimeoutMs: number;
  /** After so many receives a message becomes a dead letter. @default - none does */
  readonly maxReceiveCount?: number;
  /**
   * By what the delays of messages are divided, and its visibility timeout when work has failed. How long a function asks for
   * is its own business.
   *
   * @default 1
   */
  readonly timeFactor?: number;
}

/** The world around a queue. */
export interface QueueOptions {
  /** The clock, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Where dead letters move to. @default - they are only noted */
  readonly deadLetterQueue?: LocalQueue;
}

/** A message of a {@link LocalQueue}. */
export interface QueueMessage {
  /** Names the message. */
  readonly messageId: string;
  /** Its text. */
  readonly body: string;
  /** When it was sent, in milliseconds since 1970. */
  readonly sentMs: number;
  /** How often it was received. */
  receiveCount: number;
  /** When it was received last, in milliseconds since 1970; 0 if it never was. */
  receivedMs: number;
  /** When it can be received, in milliseconds since 1970. */
  visibleMs: number;
}

/** Shortest delay that comes of dividing: a function that fails at once doesn't spin. */
const leastDelayMs = 1_000;

/** An SQS queue in memory. */
export class LocalQueue {
  /** What it was made with. */
  readonly settings: QueueSettings;
  /** Bodies of the messages that were received too often. */
  readonly deadLetters: string[] = [];
  /** Messages ever sent. */
  sent = 0;
  readonly #now: () => number;
  readonly #deadLetterQueue: LocalQueue | undefined;
  readonly #messages = new Map<string, QueueMessage>();
  #wake: (() => void)[] = [];

  constructor(settings: QueueSettings, { now = Date.now, deadLetterQueue }: QueueOptions = {}) {
    this.settings = settings;
    this.#now = now;
    this.#deadLetterQueue = deadLetterQueue;
  }

  /** Whether no message is left, neither waiting nor being worked on. */
  get isEmpty(): boolean {
    return this.#messages.size === 0;
  }

  /** Messages left, whether they wait or are being worked on. */
  get size(): number {
    return this.#messages.size;
  }

  /** Bodies of the messages left. */
  get bodies(): string[] {
    return [...this.#messages.values()].map(({ body }) => body);
  }

  /** Messages that can be received now. */
  get visible(): number {
    const now = this.#now();
    return [...this.#messages.values()].filter(({ visibleMs }) => visibleMs <= now).length;
  }

  /** When the next message can be received, in milliseconds since 1970; `Infinity` when there is none. */
  get nextVisibleMs(): number {
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...[...this.#messages.values()].map(({ visibleMs }) => visibleMs),
    );
  }

  /** Takes a message, which is visible after a delay, and returns its id. */
  send(body: string, delaySeconds = 0): string {
    this.sent += 1;
    const messageId = `message-${this.sent}`;
    const sentMs = this.#now();
    this.#messages.set(messageId, {
      messageId,
      body,
      sentMs,
      receiveCount: 0,
      receivedMs: 0,
      visibleMs: sentMs + (delaySeconds > 0 ? this.#shorten(delaySeconds * 1_000) : 0),
    });
    this.#changed();
    return messageId;
  }

  /** Hands out at most `count` messages, which are invisible until the visibility timeout is over. */
  receive(count: number): QueueMessage[] {
    const { visibilityTimeoutMs, maxReceiveCount = Number.POSITIVE_INFINITY } = this.settings;
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
        this.#deadLetterQueue?.send(message.body);
        continue;
      }
      message.receivedMs = now;
      message.visibleMs = now + visibilityTimeoutMs;
      received.push(message);
    }
    return received;
  }

  /**
   * Lets a message that was received become visible at another time.
   *
   * @returns whether there is such a message.
   */
  changeVisibility(messageId: string, seconds: number): boolean {
    const message = this.#messages.get(messageId);
    if (message === undefined) {
      return false;
    }
    message.visibleMs = this.#now() + seconds * 1_000;
    this.#changed();
    return true;
  }

  /**
   * Nobody works on a message any more, and it was not deleted. It becomes visible when its visibility timeout is over,
   * as in AWS; where a time factor shortens this, no work that is under way is handed out twice.
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

  /** Lets every message be received now. */
  reveal(): void {
    for (const message of this.#messages.values()) {
      message.visibleMs = Math.min(message.visibleMs, this.#now());
    }
    this.#changed();
  }

  /** Removes a message that was processed. */
  delete(messageId: string): void {
    this.#messages.delete(messageId);
    this.#changed();
  }

  /** Resolves when a message is sent, deleted or shown earlier. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #shorten(ms: number): number {
    const { timeFactor = 1 } = this.settings;
    return timeFactor > 1 ? Math.max(leastDelayMs, ms / timeFactor) : ms;
  }

  #changed(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) {
      resolve();
    }
  }
}
