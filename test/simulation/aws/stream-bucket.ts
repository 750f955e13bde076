import { Readable } from 'node:stream';
import { type Bucket, ObjectGoneError } from '../../../lambda/prover/objects/bucket.ts';
import { keyPrefixAt } from '../../../lambda/prover/objects/key-prefix.ts';
import { uuidsIn } from '../worlds/event-lines.ts';
import type { World } from '../worlds/world.ts';

/** How delivery to a bucket, and the bucket, misbehave. */
export interface BucketFaults {
  /** Longest time for which a stream that lags buffers more than it should. */
  readonly lagMs: number;
  /** How far the clock of the stream is ahead of the function's. */
  readonly skewMs: number;
  /** Probability that somebody else's record, which came earlier, is the oldest of an object. */
  readonly older: number;
  /** Probability that an object needs up to 23 hours. */
  readonly late: number;
  /** Probability that an acknowledged record never lands. */
  readonly lose: number;
  /** Probability that an object is deleted some time after it landed. */
  readonly deleted: number;
  /** Longest time until a listing has an object that landed. */
  readonly listingLagMs: number;
  /** Probability that a call fails, in the first 26 hours. */
  readonly fails: number;
  /** Between these times every call is refused. */
  readonly denied?: readonly [fromMs: number, toMs: number];
  /** Longest time of a call. */
  readonly latencyMs: number;
}

/** An object of the stream: whatever will become of it is known when its first record comes. */
export interface StreamObject {
  /** Its key. */
  readonly key: string;
  /** Until when it takes records. */
  readonly closesMs: number;
  /** When it is written. */
  readonly landedMs: number;
  /** When listings begin to have it. */
  readonly listedMs: number;
  /** When it is deleted. */
  readonly deletedMs: number;
  /** The UUIDs in it. */
  readonly uuids: Set<string>;
  /** Its lines. */
  readonly lines: Buffer[];
}

/** What an object has that is nobody's event of this run. */
const strangerLine = Buffer.from('{"level":"info","text":"somebody else"}\n', 'latin1');

const hourMs = 3_600_000;

/** A stream's bucket in a simulated world. An object's prefix is the hour in which its oldest record came. */
export class StreamBucket {
  /** Every object that landed or will land. */
  readonly objects: StreamObject[] = [];
  /** Between these times every call is refused. */
  readonly denied: readonly [fromMs: number, toMs: number];
  readonly #world: World;
  readonly #faults: BucketFaults;
  readonly #prefix: string;
  readonly #bufferingMs: number;
  readonly #startMs: number;

  constructor(world: World, faults: BucketFaults, prefix: string, bufferingSeconds: number) {
    this.#world = world;
    this.#faults = faults;
    this.denied = faults.denied ?? [0, 0];
    this.#prefix = prefix;
    this.#startMs = world.now();
    this.#bufferingMs = bufferingSeconds * 1_000;
  }

  /** Takes a record that the stream stored. */
  take(lines: Buffer): void {
    const world = this.#world;
    if (world.chance(this.#faults.lose)) {
      return;
    }
    const open = this.objects.filter(({ closesMs }) => closesMs > world.now());
    const object = open.length > 0 && world.chance(0.95) ? world.pick(open) : this.#open();
    object.lines.push(Buffer.from(lines));
    for (const uuid of uuidsIn(lines) ?? []) {
      object.uuids.add(uuid);
    }
  }

  /** The bucket as an invocation sees it. */
  connect(whileAlive: <Value>(promise: Promise<Value>) => Promise<Value>): Bucket {
    const bucket = this;
    const call = (signal: AbortSignal) => whileAlive(this.#call(signal));
    return {
      async *list(prefix, signal) {
        await call(signal);
        const nowMs = bucket.#world.now();
        const keys = bucket.objects.filter(
          ({ key, listedMs, deletedMs }) => key.startsWith(prefix) && listedMs <= nowMs && nowMs < deletedMs,
        );
        for (const { key, landedMs, lines } of keys) {
          // As S3 tells it.
          const landedAtMs = Math.floor(landedMs / 1_000) * 1_000;
          yield { key, landedAtMs, bytes: lines.reduce((sum, { length }) => sum + length, 0) };
        }
      },
      open: async (key, signal) => {
        await call(signal);
        const nowMs = bucket.#world.now();
        const object = bucket.objects.find((each) => each.key === key);
        if (object === undefined || object.deletedMs <= nowMs) {
          throw new ObjectGoneError(`${key} is gone`);
        }
        return Readable.from([Buffer.concat(object.lines)]);
      },
    };
  }

  async #call(signal: AbortSignal): Promise<void> {
    const world = this.#world;
    const { latencyMs, fails } = this.#faults;
    await world.sleep(world.random() * latencyMs, signal);
    signal.throwIfAborted();
    if (world.now() >= this.denied[0] && world.now() < this.denied[1]) {
      throw new Error('AccessDenied: not allowed to read');
    }
    if (world.now() < this.#startMs + 26 * hourMs && world.chance(fails)) {
      throw new Error('InternalError: try again');
    }
  }

  #open(): StreamObject {
    const world = this.#world;
    const { lagMs, skewMs, older, late, deleted, listingLagMs } = this.#faults;
    const nowMs = world.now();
    const bufferMs = this.#bufferingMs + world.random() * lagMs;
    const hasOlder = world.chance(older);
    const oldestMs = hasOlder ? nowMs - world.random() * bufferMs : nowMs;
    const closesMs = oldestMs + bufferMs;
    const isLate = world.chance(late);
    const landedMs = closesMs + 1_000 + world.random() * (isLate ? 23 * hourMs : 20_000);
    const object: StreamObject = {
      key: `${keyPrefixAt(this.#prefix, oldestMs + skewMs)}stream-1-${this.objects.length}`,
      closesMs,
      landedMs,
      listedMs: landedMs + world.random() * listingLagMs,
      deletedMs: world.chance(deleted)
        ? landedMs + world.random() * world.pick([60_000, 30 * hourMs])
        : Number.POSITIVE_INFINITY,
      uuids: new Set(),
      lines: hasOlder ? [strangerLine] : [],
    };
    this.objects.push(object);
    return object;
  }
}
