import { gunzipSync } from 'node:zlib';
import { eventBytes } from '../../lambda/contract/event.ts';
import {
  maxRecordBytes,
  maxRecordsPerRequest,
  maxRequestBytes,
} from '../../lambda/contract/firehose-limits.ts';
import type { RecordFormat } from '../../lambda/contract/settings.ts';
import type { PutResponse } from '../../lambda/producer/firehose.ts';
import type { RecordBatch } from '../../lambda/producer/requests.ts';
import type { World } from './world.ts';

/** How a simulated stream misbehaves. */
export interface FirehoseFaults {
  /** Probability that a record is refused, whatever the rate. */
  readonly throttle: number;
  /** Probability that a request is responded to with 500 or 503, and not stored. */
  readonly error: number;
  /** Probability that the response to a request is lost; half of them are stored. */
  readonly loseResponse: number;
  /** Probability that a request never gets a response; half of them are stored. */
  readonly stall: number;
  /** Longest time to a response. */
  readonly latencyMs: number;
  /** Nothing works from and to these times, after the start. */
  readonly outage?: readonly [fromMs: number, toMs: number];
  /** Quota in bytes a second, with a second of burst, and what it changes to in mid-run. */
  readonly quota?: readonly [bytesPerSecond: number, laterBytesPerSecond: number, changeAfterMs: number];
  /** After this time every request fails in a way that no retry can fix. */
  readonly forbiddenAfterMs?: number;
}

/** What a stream made of a request's records. */
export interface Admission {
  /** Records that it stored. */
  readonly records: number;
  /** Their data. */
  readonly bytes: number;
  /** Records that it refused. */
  readonly recordsRefused: number;
}

/** A copy of an event that the stream has stored. */
export interface StoredCopy {
  /** Which invocation sent it. */
  readonly invocation: number;
  /** Whether that invocation was told. */
  acknowledged: boolean;
}

/** A delivery stream in a simulated world: it stores what it accepts, and notices when a limit of AWS is broken. */
export class SimulatedFirehose {
  /** Every stored copy of every event, by UUID. */
  readonly stored = new Map<string, StoredCopy[]>();
  /** What no producer may do. */
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #faults: FirehoseFaults;
  readonly #recordFormat: RecordFormat;
  readonly #onAdmission: ((admission: Admission) => void) | undefined;
  readonly #startMs: number;
  #tokens: number;
  #tokensAtMs: number;

  /** @param onAdmission Told of every request that got so far; then the stream itself remembers no event. */
  constructor(
    world: World,
    faults: FirehoseFaults,
    recordFormat: RecordFormat,
    onAdmission?: (admission: Admission) => void,
  ) {
    this.#world = world;
    this.#faults = faults;
    this.#recordFormat = recordFormat;
    this.#onAdmission = onAdmission;
    this.#startMs = world.now();
    this.#tokens = faults.quota?.[0] ?? 0;
    this.#tokensAtMs = world.now();
  }

  /** Responds to a request, sooner or later or never. */
  put(batch: RecordBatch, signal: AbortSignal, invocation: number): Promise<PutResponse> {
    this.#checkLimits(batch);
    const world = this.#world;
    const all = [...batch.keys()];
    const latencyMs = world.random() * this.#faults.latencyMs;
    const fate = world.random();
    const { error, loseResponse, stall, forbiddenAfterMs = Number.POSITIVE_INFINITY } = this.#faults;

    return new Promise((resolve, reject) => {
      const lost: PutResponse = {
        kind: 'lost',
        refused: all,
        throttled: [],
        cause: new Error('the response was lost'),
      };
      const abort = () => resolve(lost);
      const respondWith = (afterMs: number, response: () => PutResponse) =>
        world.after(afterMs, () => {
          signal.removeEventListener('abort', abort);
          resolve(response());
        });
      signal.addEventListener('abort', abort, { once: true });

      // What arrives is stored halfway, whether or not anybody still waits for the response.
      world.after(latencyMs / 2, () => {
        const sinceStartMs = world.now() - this.#startMs;
        const [outageFrom = 0, outageTo = 0] = this.#faults.outage ?? [];
        if (sinceStartMs >= forbiddenAfterMs) {
          world.after(latencyMs / 2, () => reject(new Error('AccessDeniedException: not any more')));
        } else if (sinceStartMs >= outageFrom && sinceStartMs < outageTo) {
          const kind = world.pick(['rejected', 'lost'] as const);
          respondWith(latencyMs / 2, () => ({
            kind,
            refused: all,
            throttled: [],
            cause: new Error('outage'),
          }));
        } else if (fate < error) {
          const kind = world.pick(['rejected', 'lost'] as const);
          respondWith(latencyMs / 2, () => ({ kind, refused: all, throttled: [], cause: new Error('500') }));
        } else if (fate < error + loseResponse + stall) {
          if (world.chance(0.5)) {
            this.#store(batch, invocation);
          }
          if (fate < error + loseResponse) {
            respondWith(latencyMs / 2, () => lost);
          }
        } else {
          const { refused, copies } = this.#store(batch, invocation);
          respondWith(latencyMs / 2, () => {
            for (const copy of signal.aborted ? [] : copies) {
              copy.acknowledged = true;
            }
            const cause = new Error('ServiceUnavailableException: Slow down.');
            return { kind: 'decided', refused, throttled: refused, ...(refused.length > 0 && { cause }) };
          });
        }
      });
    });
  }

  #store(batch: RecordBatch, invocation: number): { refused: number[]; copies: StoredCopy[] } {
    const refused: number[] = [];
    const copies: StoredCopy[] = [];
    let bytes = 0;
    for (const [place, { data }] of batch.entries()) {
      if (this.#world.chance(this.#faults.throttle) || !this.#takeTokens(data.length)) {
        refused.push(place);
        continue;
      }
      bytes += data.length;
      for (const uuid of this.#onAdmission ? [] : this.#uuidsIn(data)) {
        const copy = { invocation, acknowledged: false };
        copies.push(copy);
        const others = this.stored.get(uuid);
        if (others) {
          others.push(copy);
        } else {
          this.stored.set(uuid, [copy]);
        }
      }
    }
    this.#onAdmission?.({ records: batch.length - refused.length, bytes, recordsRefused: refused.length });
    return { refused, copies };
  }

  #takeTokens(bytes: number): boolean {
    if (!this.#faults.quota) {
      return true;
    }
    const now = this.#world.now();
    const [first, later, changeAfterMs] = this.#faults.quota;
    const quota = now - this.#startMs < changeAfterMs ? first : later;
    this.#tokens = Math.min(quota, this.#tokens + ((now - this.#tokensAtMs) / 1_000) * quota);
    this.#tokensAtMs = now;
    // A record larger than the burst would never pass: real quotas are larger than the largest record.
    if (this.#tokens < Math.min(bytes, quota)) {
      return false;
    }
    this.#tokens -= bytes;
    return true;
  }

  #uuidsIn(data: Buffer): string[] {
    const events = this.#recordFormat === 'gzip' ? gunzipSync(data) : data;
    const uuids: string[] = [];
    for (let at = 0; at < events.length; at += eventBytes) {
      uuids.push(events.toString('latin1', at + 2, at + 38));
    }
    if (events.length % eventBytes !== 0 || events.at(-1) !== 0x0a) {
      this.violations.push('a record does not hold whole events');
    }
    return uuids;
  }

  /** The limits of PutRecordBatch, see the API reference. */
  #checkLimits(batch: RecordBatch): void {
    const json = batch.reduce((sum, { data }) => sum + Math.ceil(data.length / 3) * 4 + 12, 0);
    if (batch.length < 1 || batch.length > maxRecordsPerRequest) {
      this.violations.push(`a request has ${batch.length} records`);
    }
    if (json > maxRequestBytes) {
      this.violations.push(`a request has ${json} bytes`);
    }
    if (batch.some(({ data }) => data.length > maxRecordBytes || data.length === 0)) {
      this.violations.push('a record is empty or too large');
    }
  }
}
