import { Readable } from 'node:stream';
import { type Bucket, ObjectGoneError } from '../../../lambda/prover/objects/bucket.ts';
import type { WhileAlive } from '../worlds/invocation.ts';
import type { World } from '../worlds/world.ts';
import type { Obstacle } from './neighbours.ts';

export interface BucketFaults {
  readonly latencyMs: number;
  /** Probability that a call fails, in the first 26 hours. */
  readonly fails: number;
  /** Between these times every call is refused. @default - never */
  readonly denied?: readonly [fromMs: number, toMs: number];
}

/** An object of a bucket. What will become of it is known from the start. */
export interface SimulatedObject {
  readonly key: string;
  readonly landedMs: number;
  /** When listings begin to have it. */
  readonly listedMs: number;
  readonly deletedMs: number;
  readonly chunks: Buffer[];
  /** Why it can never be read. @default - it can be read */
  readonly obstacle?: Obstacle;
}

export class SimulatedBucket<Item extends SimulatedObject = SimulatedObject> {
  /** Every object that has landed or will land. */
  readonly objects: Item[] = [];
  readonly #world: World;
  readonly #faults: BucketFaults;
  readonly #startMs: number;

  constructor(world: World, faults: BucketFaults) {
    this.#world = world;
    this.#faults = faults;
    this.#startMs = world.now();
  }

  /** Whether every call is refused throughout this time. */
  isDenied(fromMs: number, toMs: number): boolean {
    const [deniedFromMs, deniedToMs] = this.#faults.denied ?? [0, 0];
    return fromMs >= deniedFromMs && toMs < deniedToMs;
  }

  /** Whether no call is refused in this time. */
  isReadable(fromMs: number, toMs: number): boolean {
    const [deniedFromMs, deniedToMs] = this.#faults.denied ?? [0, 0];
    return toMs < deniedFromMs || fromMs >= deniedToMs;
  }

  readonly connect = (whileAlive: WhileAlive): Bucket => {
    const call = (signal: AbortSignal) => whileAlive(this.#call(signal));
    const { objects } = this;
    const world = this.#world;
    const { now } = world;
    return {
      async *list(prefix, signal) {
        await call(signal);
        const nowMs = now();
        for (const { key, landedMs, listedMs, deletedMs, chunks } of [...objects]) {
          if (key.startsWith(prefix) && listedMs <= nowMs && nowMs < deletedMs) {
            // S3's listings have whole seconds.
            const landedAtMs = Math.floor(landedMs / 1_000) * 1_000;
            yield { key, landedAtMs, bytes: chunks.reduce((sum, { length }) => sum + length, 0) };
          }
        }
      },
      open: async ({ key }, signal) => {
        await call(signal);
        const object = objects.find((each) => each.key === key);
        if (object === undefined || object.deletedMs <= now()) {
          throw new ObjectGoneError(`${key} is gone`);
        }
        if (object.obstacle === 'access') {
          throw Object.assign(new Error('not allowed to read this object'), { name: 'AccessDenied' });
        }
        // The reader destroys it when nothing of it is left to process.
        const body = Readable.from(object.chunks, { autoDestroy: false });
        body.once('close', world.hold());
        return body;
      },
    };
  };

  async #call(signal: AbortSignal): Promise<void> {
    const world = this.#world;
    const { latencyMs, fails } = this.#faults;
    await world.sleep(world.random() * latencyMs, signal);
    signal.throwIfAborted();
    if (this.isDenied(world.now(), world.now())) {
      throw new Error('AccessDenied: not allowed to read');
    }
    if (world.now() < this.#startMs + 26 * 3_600_000 && world.chance(fails)) {
      throw new Error('InternalError: try again');
    }
  }
}
