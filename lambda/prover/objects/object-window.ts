import type { Claim } from '../../contract/claim.ts';
import { keyPrefixAt } from './key-prefix.ts';

/** Objects that may hold events. */
export interface Listing {
  /** What their keys start with. */
  readonly prefix: string;
  /** When the first of them may have landed, in milliseconds since 1970. */
  readonly landedSinceMs: number;
}

/** How a stream names its objects. */
export interface ObjectNaming {
  /** The stream's prefix, expressions included. */
  readonly prefix: string;
  /** How long it buffers. */
  readonly bufferingSeconds: number;
}

const [secondMs, minuteMs, hourMs] = [1_000, 60_000, 3_600_000];

/** A stream that lags may buffer for longer than it should. */
const longerBufferingMs = 15 * minuteMs;

/** How far clocks may differ, and how long a record may be under way to the stream. */
const arrivalSlackMs = 5 * minuteMs;

/** S3 tells times in whole seconds, by its own clock. */
const landingSlackMs = secondMs;

/**
 * Which objects may hold the events of claims. The time in a prefix is the arrival of the *oldest* record in the object,
 * so an object with our events may be under an hour that ended a whole buffering interval before the first was sent.
 *
 * @returns listings of which none includes another.
 */
export function listingsOf(
  claims: readonly Pick<Claim, 'sentFromMs' | 'sentToMs'>[],
  { prefix, bufferingSeconds }: ObjectNaming,
): Listing[] {
  const landedSince = new Map<string, number>();
  for (const { sentFromMs, sentToMs } of claims) {
    const since = Math.floor(sentFromMs / secondMs) * secondMs - landingSlackMs;
    const firstMs = sentFromMs - bufferingSeconds * secondMs - longerBufferingMs;
    const lastMs = sentToMs + arrivalSlackMs;
    for (let atMs = Math.floor(firstMs / hourMs) * hourMs; atMs <= lastMs; atMs += hourMs) {
      const key = keyPrefixAt(prefix, atMs);
      landedSince.set(key, Math.min(since, landedSince.get(key) ?? since));
    }
  }
  const listings: { prefix: string; landedSinceMs: number }[] = [];
  for (const [key, landedSinceMs] of [...landedSince].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const last = listings.at(-1);
    if (last !== undefined && key.startsWith(last.prefix)) {
      last.landedSinceMs = Math.min(last.landedSinceMs, landedSinceMs);
    } else {
      listings.push({ prefix: key, landedSinceMs });
    }
  }
  return listings;
}
