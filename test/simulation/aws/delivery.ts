import { createKeyPrefixes } from '../../../lambda/prover/objects/key-prefix.ts';
import type { World } from '../worlds/world.ts';
import type { SimulatedBucket, SimulatedObject } from './bucket.ts';
import { uuidsIn } from './firehose.ts';

export interface DeliveryFaults {
  /** Longest time for which a stream that lags buffers more than it should. */
  readonly lagMs: number;
  /** How far the clock of the stream is ahead of the function's. */
  readonly skewMs: number;
  /** Probability that an object begins with a foreign record, which came earlier. */
  readonly older: number;
  /** Probability that an object needs up to 23 hours. */
  readonly late: number;
  /** Probability that an acknowledged record never lands. */
  readonly lose: number;
  /** Probability that an object is deleted some time after it landed. */
  readonly deleted: number;
  /** Longest time until a listing has an object that landed. */
  readonly listingLagMs: number;
}

/** An object that takes records until it is closed. */
export interface DeliveredObject extends SimulatedObject {
  readonly closesMs: number;
  readonly uuids: Set<string>;
}

const foreignLine = Buffer.from('{"level":"info","text":"another program"}\n', 'latin1');

const hourMs = 3_600_000;

/** A stream that writes to a bucket. An object's prefix is the hour in which its oldest record came. */
export class Delivery {
  readonly #world: World;
  readonly #bucket: SimulatedBucket<DeliveredObject>;
  readonly #faults: DeliveryFaults;
  readonly #prefix: string;
  readonly #bufferingMs: number;

  constructor(
    world: World,
    bucket: SimulatedBucket<DeliveredObject>,
    faults: DeliveryFaults,
    { prefix, bufferingSeconds }: { readonly prefix: string; readonly bufferingSeconds: number },
  ) {
    this.#world = world;
    this.#bucket = bucket;
    this.#faults = faults;
    this.#prefix = prefix;
    this.#bufferingMs = bufferingSeconds * 1_000;
  }

  take(lines: Buffer): void {
    const world = this.#world;
    if (world.chance(this.#faults.lose)) {
      return;
    }
    const open = this.#bucket.objects.filter(({ closesMs }) => closesMs > world.now());
    const object = open.length > 0 && world.chance(0.95) ? world.pick(open) : this.#open();
    object.chunks.push(Buffer.from(lines));
    for (const uuid of uuidsIn(lines) ?? []) {
      object.uuids.add(uuid);
    }
  }

  #open(): DeliveredObject {
    const world = this.#world;
    const { lagMs, skewMs, older, late, deleted, listingLagMs } = this.#faults;
    const nowMs = world.now();
    const bufferMs = this.#bufferingMs + world.random() * lagMs;
    const hasOlder = world.chance(older);
    const oldestMs = hasOlder ? nowMs - world.random() * bufferMs : nowMs;
    const closesMs = oldestMs + bufferMs;
    const isLate = world.chance(late);
    const landedMs = closesMs + 1_000 + world.random() * (isLate ? 23 * hourMs : 20_000);
    const object: DeliveredObject = {
      key: `${createKeyPrefixes({ prefix: this.#prefix })(oldestMs + skewMs)[0]}stream-1-${this.#bucket.objects.length}`,
      closesMs,
      landedMs,
      listedMs: landedMs + world.random() * listingLagMs,
      deletedMs: world.chance(deleted)
        ? landedMs + world.random() * world.pick([60_000, 30 * hourMs])
        : Number.POSITIVE_INFINITY,
      uuids: new Set(),
      chunks: hasOlder ? [foreignLine] : [],
    };
    this.#bucket.objects.push(object);
    return object;
  }
}
