import type { Bucket } from './bucket.ts';

/** What the stream could not deliver. */
export interface ErrorObjects {
  /** How many objects. */
  readonly objects: number;
  /** Their size together. */
  readonly bytes: number;
}

/** Most keys that are looked at: ten calls. */
const maxKeys = 10_000;

/** Counts the objects under the error prefix that landed since a time, of the first 10,000 keys. They are never read. */
export async function countErrorObjects(
  bucket: Bucket,
  errorPrefix: string,
  landedSinceMs: number,
  signal: AbortSignal,
): Promise<ErrorObjects> {
  let [keys, objects, size] = [0, 0, 0];
  for await (const { landedAtMs, bytes } of bucket.list(errorPrefix, signal)) {
    keys += 1;
    if (landedAtMs >= landedSinceMs) {
      objects += 1;
      size += bytes;
    }
    if (keys === maxKeys) {
      break;
    }
  }
  return { objects, bytes: size };
}
