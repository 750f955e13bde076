import { type Claim, clockAllowanceMs } from '../../contract/claim.ts';
import type { KeyNaming } from '../../contract/key-prefix.ts';
import { type Target, targets } from '../../contract/targets.ts';
import { createKeyPrefixes, shortestHourMs } from './key-prefix.ts';

/** When events were sent, in milliseconds since 1970. */
export type SendingTimes = Pick<Claim, 'sentFromMs' | 'sentToMs'>;

/** Objects under a prefix that may hold events. */
export interface Listing {
  readonly prefix: string;
  /** Objects that landed before, in milliseconds since 1970, cannot hold them. */
  readonly landedSinceMs: number;
}

/** Settings of a stream that decide the keys of its objects. */
export interface ObjectNaming extends KeyNaming {
  readonly bufferingSeconds: number;
  /** Where the events are sent to. @default 'firehose' */
  readonly target?: Target;
  /** Hours after which no event lands. @default - unknown */
  readonly lostAfterHours?: number;
}

const [secondMs, minuteMs, hourMs] = [1_000, 60_000, 3_600_000];

/** A stream that lags may buffer longer than its interval by this. */
const longerBufferingMs = 15 * minuteMs;

/** S3 rounds landing times to seconds of its own clock. */
const landingSlackMs = secondMs;

/**
 * The objects that may hold the events of claims. The time in a prefix is the arrival of the *oldest* record in the object. So
 * an object with our events may be under an hour that ended a whole buffering interval before the first was sent.
 *
 * Firehose may read a Kinesis stream late, and one shard later than another. No page says whether a record arrives when
 * Kinesis gets it or when Firehose reads it. So an object may be under any hour up to now, or as long before the sending.
 *
 * @returns listings that do not overlap.
 */
export function listingsOf(claims: readonly SendingTimes[], naming: ObjectNaming, nowMs: number): Listing[] {
  const { bufferingSeconds, target = 'firehose', lostAfterHours = Infinity } = naming;
  const mostLateMs = targets[target].service === 'kinesis' ? lostAfterHours * hourMs : 0;
  const landedSince = new Map<number, number>();
  for (const { sentFromMs, sentToMs } of claims) {
    const since = Math.floor(sentFromMs / secondMs) * secondMs - landingSlackMs - clockAllowanceMs;
    const lateMs = Math.min(mostLateMs, Math.max(0, nowMs - sentFromMs));
    const bufferingMs = bufferingSeconds * secondMs + longerBufferingMs;
    const firstMs = sentFromMs - clockAllowanceMs - bufferingMs - lateMs;
    const lastMs = Math.max(sentToMs, Math.min(nowMs, sentToMs + lateMs)) + clockAllowanceMs;
    let atMs = Math.floor(firstMs / shortestHourMs) * shortestHourMs;
    for (; atMs <= lastMs; atMs += shortestHourMs) {
      landedSince.set(atMs, Math.min(since, landedSince.get(atMs) ?? since));
    }
  }
  return withoutOverlap(landedSince, createKeyPrefixes(naming));
}

function withoutOverlap(
  landedSince: ReadonlyMap<number, number>,
  keyPrefixes: (atMs: number) => string[],
): Listing[] {
  const sorted = [...landedSince]
    .flatMap(([atMs, since]) => keyPrefixes(atMs).map((key) => [key, since] as const))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const listings: { prefix: string; landedSinceMs: number }[] = [];
  for (const [key, landedSinceMs] of sorted) {
    const last = listings.at(-1);
    if (last !== undefined && key.startsWith(last.prefix)) {
      last.landedSinceMs = Math.min(last.landedSinceMs, landedSinceMs);
    } else {
      listings.push({ prefix: key, landedSinceMs });
    }
  }
  return listings;
}
