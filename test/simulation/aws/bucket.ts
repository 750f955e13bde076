import { Readable } from 'node:stream';
import type { StoredObject } from '../../../lambda/prover/comparison/comparison.ts';
import type { Bucket } from '../../../lambda/prover/objects/bucket.ts';
import type { World } from '../worlds/world.ts';

/** How a simulated bucket misbehaves. */
export interface BucketFaults {
  /** Whether nobody may list it or read from it. @default false */
  readonly isDenied?: boolean;
  /**
   * What becomes of the bytes of an object that lands: nothing, if it is deleted at once.
   *
   * @default - they stay as they are
   */
  readonly change?: (bytes: readonly Buffer[]) => readonly Buffer[] | undefined;
}

/** How long S3 takes to respond. */
const latencyMs = 100;

/**
 * A bucket in a simulated world, as the prover's own code reads it.
 *
 * Simplified: objects are not compressed, since gunzip takes real time, for which a simulated clock does not wait.
 */
export class SimulatedBucket implements Bucket {
  readonly #world: World;
  readonly #faults: BucketFaults;
  readonly #objects = new Map<string, { facts: StoredObject; bytes: readonly Buffer[] }>();

  constructor(world: World, faults: BucketFaults) {
    this.#world = world;
    this.#faults = faults;
  }

  /** Lets an object land. */
  put(key: string, sent: readonly Buffer[]): void {
    const bytes = this.#faults.change ? this.#faults.change(sent) : sent;
    if (bytes) {
      const size = bytes.reduce((sum, { length }) => sum + length, 0);
      this.#objects.set(key, { facts: { key, landedAtMs: this.#world.now(), bytes: size }, bytes });
    }
  }

  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject, void> {
    await this.#respond('s3:ListBucket', signal);
    for (const { facts } of [...this.#objects.values()]) {
      if (facts.key.startsWith(prefix)) {
        yield facts;
      }
    }
  }

  async open(key: string, signal: AbortSignal): Promise<Readable> {
    await this.#respond('s3:GetObject', signal);
    return Readable.from(this.#objects.get(key)!.bytes, { objectMode: true });
  }

  async #respond(action: string, signal: AbortSignal): Promise<void> {
    await this.#world.sleep(latencyMs, signal);
    signal.throwIfAborted();
    if (this.#faults.isDenied) {
      throw new Error(`AccessDenied: not allowed to ${action}`);
    }
  }
}
