import TinyQueue from 'tinyqueue';
import { createRandom } from '../../../lib/emulator/random.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** Default start of a world: the first moment of a day. */
export const worldStartMs: number = Date.UTC(2026, 10, 22);

export class World {
  readonly random: () => number;
  #nowMs: number;
  #order = 0;
  #held = 0;
  readonly #timers = new TinyQueue<Timer>([], (a, b) => a.atMs - b.atMs || a.order - b.order);

  /** @param startMs Start of the clock, in milliseconds since 1970. */
  constructor(seed: number, startMs: number = worldStartMs) {
    this.#nowMs = startMs;
    this.random = createRandom(seed);
  }

  /** The clock, in milliseconds since 1970. */
  readonly now = (): number => this.#nowMs;

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.random() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** A probability (or a duration): 0, except with probability `present`, when it is anything up to `most`. */
  sometimes(present: number, most: number): number {
    return this.chance(present) ? this.random() * most : 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)]!;
  }

  /** @returns a function that cancels the timer. */
  after(durationMs: number, fire: () => void): () => void {
    const atMs = this.#nowMs + Math.max(0, durationMs);
    const timer: Timer = { atMs, order: this.#order++, fire, cancelled: false };
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

  /** Stops the clock for work that takes real time, such as gunzip. @returns a function that starts it again. */
  hold(): () => void {
    this.#held += 1;
    return () => {
      this.#held -= 1;
    };
  }

  /** Runs until no timer is left, until `isOver`, or until `maxSteps` timers have fired. */
  async run(isOver: () => boolean, maxSteps: number): Promise<void> {
    for (let step = 0; step < maxSteps; step += 1) {
      // First, everything that needs no time to pass.
      do {
        await new Promise(setImmediate);
      } while (this.#held > 0);
      if (isOver()) {
        return;
      }
      let timer = this.#timers.pop();
      while (timer?.cancelled) {
        timer = this.#timers.pop();
      }
      if (!timer) {
        return;
      }
      this.#nowMs = timer.atMs;
      timer.fire();
    }
  }
}
