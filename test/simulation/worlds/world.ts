import TinyQueue from 'tinyqueue';
import { createRandom } from '../../../lib/emulator/random.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** When a world begins, unless told otherwise: the first moment of a day. */
export const worldStartMs: number = Date.UTC(2026, 10, 22);

/** A world with one clock, which jumps to whatever happens next. */
export class World {
  /** Randomness of the world, from its seed. */
  readonly random: () => number;
  #nowMs: number;
  #order = 0;
  readonly #timers = new TinyQueue<Timer>([], (a, b) => a.atMs - b.atMs || a.order - b.order);

  /** @param startMs What the clock says at first. */
  constructor(seed: number, startMs: number = worldStartMs) {
    this.#nowMs = startMs;
    this.random = createRandom(seed);
  }

  /** The clock, in milliseconds since 1970. */
  readonly now = (): number => this.#nowMs;

  /** A whole number from `min` to `max`. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.random() * (max - min + 1));
  }

  /** True with a probability. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** One of the items. */
  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)]!;
  }

  /** Calls `fire` after some time; what it returns calls it off. */
  after(durationMs: number, fire: () => void): () => void {
    const timer: Timer = {
      atMs: this.#nowMs + Math.max(0, durationMs),
      order: this.#order++,
      fire,
      cancelled: false,
    };
    this.#timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Waits; ends early when the signal is aborted. */
  readonly sleep = (durationMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const cancel = this.after(durationMs, () => {
        signal?.removeEventListener('abort', wake);
        resolve();
      });
      const wake = () => {
        cancel();
        resolve();
      };
      signal?.addEventListener('abort', wake, { once: true });
    });

  /**
   * Lets the world run until nothing is left to happen, or `isOver`, or `maxSteps` things have happened.
   */
  async run(isOver: () => boolean, maxSteps: number): Promise<void> {
    for (let step = 0; step < maxSteps; step += 1) {
      // Everything that can go on without time passing goes on first.
      await new Promise(setImmediate);
      if (isOver()) {
        return;
      }
      const timer = this.#nextTimer();
      if (!timer) {
        return;
      }
      this.#nowMs = timer.atMs;
      timer.fire();
    }
  }

  #nextTimer(): Timer | undefined {
    let timer = this.#timers.pop();
    while (timer?.cancelled) {
      timer = this.#timers.pop();
    }
    return timer;
  }
}
