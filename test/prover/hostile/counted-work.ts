import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Readable, Transform } from 'node:stream';
import { createGunzip, createInflateRaw } from 'node:zlib';
import type { CreateLineReader } from '../../../lambda/prover/comparison/line-reader.ts';
import type { Clock } from '../../../lambda/runtime/clock.ts';

/** CPU time, in nanoseconds, measured on one core of this project's machine. */
const cost = { inflatedByte: 4, line: 50, dash: 65, byte: 1, encryptedByte: 8, decryptedByte: 3, call: 3e6 };

/** Lambda's share of a core at 512 MiB. */
const cores = 0.29;

/** Buffer of a zlib stream: the largest that the prover asks for. */
const zlibBytes = 128 * 1_024;

/** Quiet time after which everything waits for a timer. */
const quietMs = 5;

const InflateRaw = createInflateRaw().constructor as new () => Transform;

const [newline, dash] = [0x0a, 0x2d];

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

/**
 * A clock that counted work moves: what comes out of zlib, lines, UUIDs, calls. Like on a real machine, a timer fires when the
 * event loop has its turn after its time. It also counts the bytes of all buffers that streams hold.
 */
export class CountedWork {
  mostHeldBytes = 0;
  mostOpen = 0;
  /** Whether somebody may wait for nothing but a timer. */
  mayWait = false;
  readonly clock: Clock;
  #nowMs: number;
  #spent = 0;
  #isFiring = false;
  readonly #streams = new Set<Readable>();
  readonly #undo: (() => void)[] = [];
  #timers: Timer[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
    this.clock = { now: () => this.#nowMs, random: () => 0.5, sleep: (...wait) => this.#sleep(...wait) };
  }

  /** Runs work until it ends. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#observe();
    let spent = -1;
    const timer = setInterval(() => {
      if (this.mayWait && spent === this.#spent && this.#timers.length > 0) {
        this.#nowMs = Math.max(this.#nowMs, Math.min(...this.#timers.map(({ atMs }) => atMs)));
        this.#fire();
      }
      spent = this.#spent;
    }, quietMs);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      for (const undo of this.#undo) {
        undo();
      }
    }
  }

  /** Counts the lines that a reader takes. */
  readonly counting =
    (createReader: CreateLineReader): CreateLineReader =>
    (...options) => {
      const reader = createReader(...options);
      const push = (chunk: Buffer) => {
        reader.push(chunk);
        let nanos = chunk.length * cost.byte;
        for (const byte of chunk) {
          nanos += byte === newline ? cost.line : byte === dash ? cost.dash : 0;
        }
        this.#spend(nanos);
      };
      return { push, end: () => reader.end(), flush: () => reader.flush() };
    };

  countCall(): void {
    this.#spend(cost.call);
  }

  /** Counts the bytes that a stream holds, until it is closed. */
  hold(stream: Readable): void {
    if (!this.#streams.has(stream) && !stream.destroyed) {
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
    }
    // An object has a body and a gunzip, or several streams of inner layers.
    const outer = [...this.#streams].filter((each) => !(each instanceof InflateRaw) && !each.destroyed);
    const gunzips = outer.filter((each) => 'writableLength' in each).length;
    this.mostOpen = Math.max(this.mostOpen, gunzips, outer.length - gunzips);
    const held = [...this.#streams].reduce((sum, each) => {
      const { readableLength, writableLength } = each as Transform;
      return sum + readableLength + (writableLength === undefined ? 0 : writableLength + zlibBytes);
    }, 0);
    this.mostHeldBytes = Math.max(this.mostHeldBytes, held);
  }

  #spend(nanos: number): void {
    this.#spent += 1;
    this.#nowMs += nanos / 1e6 / cores;
    if (!this.#isFiring && this.#timers.some(({ atMs }) => atMs <= this.#nowMs)) {
      this.#isFiring = true;
      setImmediate(() => this.#fire());
    }
  }

  #sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = { atMs: this.#nowMs + durationMs, fire: resolve };
      if (signal.aborted) {
        resolve();
        return;
      }
      this.#timers.push(timer);
      signal.addEventListener('abort', () => {
        this.#timers = this.#timers.filter((each) => each !== timer);
        resolve();
      });
    });
  }

  #fire(): void {
    this.#isFiring = false;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { fire } of due) {
      fire();
    }
  }

  /** Watches the methods of Node through which all of the work goes. */
  #observe(): void {
    const work = this;
    for (const stream of [createGunzip(), createInflateRaw()]) {
      stream.destroy();
      this.#replace(Object.getPrototypeOf(stream), 'push', (push: Readable['push']) => {
        return function (this: Readable, chunk: Buffer | null) {
          work.#spend((chunk?.length ?? 0) * cost.inflatedByte);
          const more = push.call(this, chunk);
          work.hold(this);
          return more;
        };
      });
    }
    for (const [cipher, nanos] of [
      [createCipheriv('aes-128-ecb', Buffer.alloc(16), null), cost.encryptedByte],
      [createDecipheriv('aes-128-ecb', Buffer.alloc(16), null), cost.decryptedByte],
    ] as const) {
      this.#replace(Object.getPrototypeOf(cipher), 'update', (update: (...options: unknown[]) => unknown) => {
        return function (this: unknown, ...options: unknown[]) {
          work.#spend((options[0] as Buffer).length * nanos);
          return update.call(this, ...options);
        };
      });
    }
  }

  #replace<Method>(
    prototype: Record<string, unknown>,
    name: string,
    replace: (method: Method) => Method,
  ): void {
    const own = Object.getOwnPropertyDescriptor(prototype, name);
    Object.defineProperty(prototype, name, {
      value: replace(prototype[name] as Method),
      configurable: true,
      writable: true,
    });
    this.#undo.push(() => {
      delete prototype[name];
      if (own) {
        Object.defineProperty(prototype, name, own);
      }
    });
  }
}
