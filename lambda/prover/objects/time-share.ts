import { setImmediate } from 'node:timers/promises';

/** An object that has taken more than this part of the time waits until the others were read. */
const sharePart = 1 / 100;

/** Limit of the objects that wait: each of them stays open, with up to 1 MiB. */
const maxWaiting = 32;

/** Work without a pause. After it the event loop has its turn: sockets and timers must not wait for us. */
const maxBusyMs = 50;

/** Does a piece of work on an object. @returns what to wait for before the next piece, if anything. */
export type Work = (piece: () => void) => Promise<void> | undefined;

/** Divides the time to read among objects: a few that take long do not stop the others. */
export class TimeShare {
  readonly #now: () => number;
  readonly #shareMs: number;
  readonly #othersRead: Promise<void>;
  #endWaiting = () => {};
  #waiting = 0;
  #busyMs = 0;

  /** @param now Milliseconds since 1970. */
  constructor(now: () => number, durationMs: number) {
    this.#now = now;
    this.#shareMs = durationMs * sharePart;
    this.#othersRead = new Promise((resolve) => {
      this.#endWaiting = resolve;
    });
  }

  /** @param onWait Called when the object begins to wait for the others. */
  startObject(onWait: () => void): Work {
    let [busyMs, mayWait] = [0, true];
    return (piece) => {
      const startedMs = this.#now();
      piece();
      const pieceMs = this.#now() - startedMs;
      busyMs += pieceMs;
      this.#busyMs += pieceMs;
      if (mayWait && busyMs > this.#shareMs && this.#waiting < maxWaiting) {
        mayWait = false;
        this.#waiting += 1;
        onWait();
        return this.#othersRead;
      }
      return this.#busyMs > maxBusyMs ? this.#pause() : undefined;
    };
  }

  /** Ends the waiting: all other objects were read. */
  endWaiting(): void {
    this.#endWaiting();
  }

  async #pause(): Promise<void> {
    await setImmediate();
    this.#busyMs = 0;
  }
}
