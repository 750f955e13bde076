import { gzipSync } from 'node:zlib';
import { compileObjectName, type ObjectName } from '../../../lib/emulator/firehose/object-name.ts';
import { World } from '../worlds/world.ts';
import type { SimulatedBucket, SimulatedObject } from './bucket.ts';
import { uuidsIn } from './firehose.ts';
import { changed, foreignRecords, packObject, type Sharing } from './neighbours.ts';

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
  readonly openedMs: number;
  readonly closesMs: number;
  /** When the copies of its events came, by UUID. */
  readonly uuids: Map<string, number[]>;
  /** The events whose bytes another program changed. */
  readonly changed: Set<string>;
}

/** How Firehose reads a Kinesis stream. */
export interface Reading {
  readonly retentionHours: number;
  /** Longest time that a shard is behind; half of the shards are at most seconds behind. */
  readonly lagMs: number;
  /** When the delivery stream is created: what came before is never read. */
  readonly createdAfterMs: number;
  /** The time that the prefix has. */
  readonly prefixTime: 'arrival' | 'reading';
}

export interface DeliverySettings {
  readonly prefix: string;
  readonly prefixTimeZone?: string;
  readonly partition?: Readonly<Record<string, string>>;
  readonly bufferingSeconds: number;
  /** @default - the events are put into Firehose */
  readonly reading?: Reading;
  /** @default - nobody else writes to the stream or the bucket */
  readonly sharing?: Sharing;
}

const foreignLine = Buffer.from('{"level":"info","text":"another program"}\n', 'latin1');

const hourMs = 3_600_000;

/** A stream that writes to a bucket. An object's prefix is the hour in which its oldest record came. */
export class Delivery {
  readonly #world: World;
  readonly #bucket: SimulatedBucket<DeliveredObject>;
  readonly #faults: DeliveryFaults;
  readonly #settings: DeliverySettings;
  /** Source of the random numbers of what others do. */
  readonly #dice: World;
  readonly #opened: DeliveredObject[] = [];
  readonly #nameOf: ObjectName;
  readonly #startMs: number;
  readonly #lagOfShard = new Map<string, number>();

  constructor(
    world: World,
    bucket: SimulatedBucket<DeliveredObject>,
    faults: DeliveryFaults,
    settings: DeliverySettings,
  ) {
    this.#world = world;
    this.#bucket = bucket;
    this.#faults = faults;
    this.#settings = settings;
    this.#startMs = world.now();
    const { prefix, prefixTimeZone, partition, sharing } = settings;
    this.#nameOf = compileObjectName({
      ...{ prefix, deliveryStreamName: 'stream', compression: 'UNCOMPRESSED' },
      errorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      ...(prefixTimeZone && { customTimeZone: prefixTimeZone }),
      ...(partition && { partitionKeys: partition }),
    });
    this.#dice = new World(sharing?.seed ?? 0);
    for (let object = 0; sharing && object < sharing.objects; object += 1) {
      const hours = this.#dice.pick([1, 1, 40]);
      const closesMs = world.now() + (this.#dice.random() - 0.3) * hours * hourMs;
      const openedMs = closesMs - settings.bufferingSeconds * 1_000;
      const landedMs = closesMs + this.#dice.random() * 20_000;
      const records = [foreignLine, ...foreignRecords(this.#dice, sharing)];
      const times = { openedMs, closesMs, landedMs, listedMs: landedMs };
      this.#close(this.#add(this.#dice, times, records), sharing);
    }
  }

  /**
   * @param data The record as it was sent, which only shared streams keep.
   * @param shard Of a Kinesis stream.
   */
  take(lines: Buffer, data: Buffer, shard = ''): void {
    const world = this.#world;
    const { reading } = this.#settings;
    const arrivedMs = world.now();
    if (world.chance(this.#faults.lose)) {
      return;
    }
    if (reading === undefined) {
      this.#put(lines, data, arrivedMs);
    } else if (arrivedMs - this.#startMs >= reading.createdAfterMs) {
      world.after(this.#lagOf(shard, reading), () => this.#put(lines, data, arrivedMs));
    }
  }

  #lagOf(shard: string, { lagMs }: Reading): number {
    const lag = this.#lagOfShard.get(shard) ?? this.#dice.sometimes(0.5, lagMs) + 1_000;
    this.#lagOfShard.set(shard, lag);
    return lag;
  }

  #put(lines: Buffer, data: Buffer, arrivedMs: number): void {
    const world = this.#world;
    const namedMs = this.#settings.reading?.prefixTime === 'arrival' ? arrivedMs : world.now();
    const open = this.#opened.filter(
      ({ closesMs, openedMs }) => closesMs > world.now() && openedMs <= namedMs,
    );
    const object = open.length > 0 && world.chance(0.95) ? world.pick(open) : this.#open(namedMs);
    const { sharing } = this.#settings;
    const isChanged = sharing !== undefined && this.#dice.chance(sharing.changes);
    const landing = isChanged ? changed(lines) : Buffer.from(lines);
    const isPacked = sharing?.keepsGzip && data !== lines;
    const others = sharing ? foreignRecords(this.#dice, sharing) : [];
    object.chunks.push(...others, isPacked ? gzipSync(landing) : landing);
    for (const uuid of uuidsIn(lines) ?? []) {
      if (isChanged && sharing?.match === 'bytes') {
        object.changed.add(uuid);
      } else {
        object.uuids.set(uuid, [...(object.uuids.get(uuid) ?? []), arrivedMs]);
      }
    }
  }

  /** @param namedMs The time for the prefix that the record brings. */
  #open(namedMs: number): DeliveredObject {
    const world = this.#world;
    const { lagMs, older, late, listingLagMs } = this.#faults;
    const { bufferingSeconds, partition, reading, sharing } = this.#settings;
    const nowMs = world.now();
    const isEarly = partition !== undefined && this.#dice.chance(0.5);
    const bufferMs = (bufferingSeconds * 1_000) / (isEarly ? 1.5 : 1) + world.random() * lagMs;
    const hasOlder = world.chance(older);
    // Of a shard that is read later, it may be older than what any buffering explains.
    const olderMs = reading?.prefixTime === 'arrival' ? nowMs - reading.lagMs : nowMs - bufferMs;
    const openedMs = hasOlder ? namedMs - world.random() * Math.max(0, namedMs - olderMs) : namedMs;
    const closesMs = (reading ? nowMs : openedMs) + bufferMs;
    const isLate = world.chance(late);
    const landedMs = closesMs + 1_000 + world.random() * (isLate ? (reading ? 0.3 : 23) * hourMs : 20_000);
    const listedMs = landedMs + world.random() * listingLagMs;
    const times = { openedMs, closesMs, landedMs, listedMs };
    const object = this.#add(world, times, hasOlder ? [foreignLine] : []);
    this.#opened.push(object);
    if (sharing) {
      world.after(closesMs - nowMs, () => this.#close(object, sharing));
    }
    return object;
  }

  #add(
    dice: World,
    times: Pick<DeliveredObject, 'openedMs' | 'closesMs' | 'landedMs' | 'listedMs'>,
    chunks: Buffer[],
  ): DeliveredObject {
    const { skewMs, deleted } = this.#faults;
    const { sharing } = this.#settings;
    const { objects } = this.#bucket;
    const object: DeliveredObject = {
      ...times,
      key: this.#nameOf(new Date(times.openedMs + skewMs), () => String(objects.length)),
      deletedMs: dice.chance(deleted)
        ? times.landedMs + dice.random() * dice.pick([60_000, 30 * hourMs])
        : Number.POSITIVE_INFINITY,
      uuids: new Map(),
      changed: new Set(),
      chunks,
      ...(sharing &&
        this.#dice.chance(sharing.unreadable) && { obstacle: this.#dice.pick(sharing.obstacles) }),
    };
    objects.push(object);
    return object;
  }

  async #close(object: DeliveredObject, sharing: Sharing): Promise<void> {
    const release = this.#world.hold();
    const records = [...object.chunks, ...foreignRecords(this.#dice, sharing)];
    const pieces = await packObject(this.#dice, sharing, records, object.obstacle);
    object.chunks.splice(0, records.length, ...pieces);
    release();
  }
}
