import { setTimeout } from 'node:timers/promises';
import type { TimeSpan } from '../faults.ts';

/** A time in which a bucket refuses objects. Who writes tries again until it takes them. */
export class Denial {
  readonly #span: TimeSpan;
  readonly #startedMs = Date.now();
  readonly #lifted = new AbortController();

  /** @param span Counted from now. */
  constructor(span: TimeSpan) {
    this.#span = span;
  }

  /** Resolves when the bucket takes an object. */
  readonly isOver = async (): Promise<void> => {
    const sinceStartMs = Date.now() - this.#startedMs;
    if (sinceStartMs >= this.#span.fromMs && sinceStartMs < this.#span.toMs) {
      await setTimeout(this.#span.toMs - sinceStartMs, undefined, this.#lifted).catch(() => {});
    }
  };

  /** Ends it early. */
  lift(): void {
    this.#lifted.abort();
  }
}
