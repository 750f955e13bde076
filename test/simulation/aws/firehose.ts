import { gunzipSync } from 'node:zlib';
import {
  maxRecordBytes,
  maxRecordsPerRequest,
  maxRequestBytes,
} from '../../../lambda/contract/firehose-limits.ts';
import type { RecordFormat } from '../../../lambda/contract/settings.ts';
import type { PutResponse } from '../../../lambda/producer/delivery/aws/firehose.ts';
import type { RecordBatch } from '../../../lambda/producer/packing/records.ts';
import type { FailureKind } from '../../../lambda/runtime/aws-call.ts';
import { simulateCall } from '../worlds/call.ts';
import { uuidsIn } from '../worlds/event-lines.ts';
import type { World } from '../worlds/world.ts';
import { StreamAccount } from './stream-account.ts';

/** How a simulated stream misbehaves. */
export interface FirehoseFaults {
  /** Probability that a record is refused, whatever the rate. */
  readonly throttle: number;
  /** Probability that a request is responded to with 500 or 503, and not stored. */
  readonly error: number;
  /** Probability that the response to a request is lost; half of them are stored. */
  readonly loseResponse: number;
  /** Probability that a response cannot be used although the request is stored: it is cut, garbled or miscounted. */
  readonly unusable?: number;
  /** Probability that a proxy responds with a page of its own, and nothing is stored. */
  readonly html?: number;
  /** Probability that a request hangs until its sender gives up: in its headers or its body; half of them are stored. */
  readonly stall: number;
  /** Longest time to a response. */
  readonly latencyMs: number;
  /** Probability that a response takes some seconds more. */
  readonly slow?: number;
  /** Nothing works from and to these times, after the start. */
  readonly outage?: readonly [fromMs: number, toMs: number];
  /** Quota in bytes a second, with a second of burst, and what it changes to in mid-run. */
  readonly quota?: readonly [bytesPerSecond: number, laterBytesPerSecond: number, changeAfterMs: number];
  /** After this time every request fails in a way that no retry can fix, such as expired credentials. */
  readonly forbiddenAfterMs?: number;
}

/** How many milliseconds a slow response takes more, at most. */
const slowMs = 6_000;

/** What a stream made of a request's records. */
export interface Admission {
  /** Records that it stored. */
  readonly records: number;
  /** Their data. */
  readonly bytes: number;
  /** Records that it refused. */
  readonly recordsRefused: number;
  /** What is in the records that it stored. */
  readonly data: readonly Buffer[];
  /** Who sent them. */
  readonly sender: unknown;
}

/** A copy of an event that the stream has stored. */
export interface StoredCopy {
  /** Who sent it. */
  readonly sender: unknown;
  /** Whether the sender was told. */
  acknowledged: boolean;
}

/** A delivery stream in a simulated world: it stores what it accepts, and notices when a limit of AWS is broken. */
export class SimulatedFirehose {
  /** Every stored copy of every event, by UUID. */
  readonly stored = new Map<string, StoredCopy[]>();
  /** What no producer may do. */
  readonly violations: string[] = [];
  /** Told of every record that is stored: the lines in it. */
  onStored: (lines: Buffer) => void = () => {};
  /** What was counted of each sender. */
  readonly accounts = new Map<unknown, StreamAccount>();
  readonly #world: World;
  readonly #faults: FirehoseFaults;
  readonly #recordFormat: RecordFormat;
  readonly #onAdmission: ((admission: Admission) => void) | undefined;
  readonly #startMs: number;
  #tokens: number;
  #tokensAtMs: number;
  #failures = 0;

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

  /**
   * Responds to a request, sooner or later or when its sender gives up.
   *
   * @param sender Whoever sends it: what happens to its requests is counted.
   */
  async put(batch: RecordBatch, signal: AbortSignal, sender: unknown): Promise<PutResponse> {
    this.#checkLimits(batch);
    const account = this.#accountOf(sender);
    account?.requested(batch);
    const fate = this.#world.random();
    let copies: readonly StoredCopy[] = [];
    const response = await simulateCall<PutResponse>(this.#world, {
      latencyMs: this.#latencyMs(),
      signal,
      process: () => {
        const { stored, response } = this.#decide(fate, batch, sender);
        copies = stored;
        return response;
      },
      lost: () => this.#fail(batch, 'lost', 'no response in time'),
    });
    for (const copy of response.kind === 'decided' ? copies : []) {
      copy.acknowledged = true;
    }
    account?.responded(batch, response);
    return response;
  }

  #accountOf(sender: unknown): StreamAccount | undefined {
    if (this.#onAdmission) {
      return undefined;
    }
    const account = this.accounts.get(sender) ?? new StreamAccount();
    this.accounts.set(sender, account);
    return account;
  }

  #latencyMs(): number {
    const { latencyMs, slow = 0 } = this.#faults;
    return this.#world.random() * latencyMs + (this.#world.chance(slow) ? this.#world.random() * slowMs : 0);
  }

  /** Stores what it will of a request, and responds; `undefined` if there is no response. */
  #decide(
    fate: number,
    batch: RecordBatch,
    sender: unknown,
  ): { readonly stored: readonly StoredCopy[]; readonly response: PutResponse | undefined } {
    const { error, loseResponse, stall, unusable = 0, html = 0, outage = [0, 0] } = this.#faults;
    const { forbiddenAfterMs = Number.POSITIVE_INFINITY } = this.#faults;
    const world = this.#world;
    const sinceStartMs = world.now() - this.#startMs;
    const nothing = (kind: FailureKind, message: string) => ({
      stored: [],
      response: this.#fail(batch, kind, message),
    });
    let reach = 0;
    const happens = (probability: number) => {
      reach += probability;
      return fate < reach;
    };
    if (sinceStartMs >= forbiddenAfterMs) {
      return nothing('fatal', 'ExpiredTokenException: not any more');
    }
    if (sinceStartMs >= outage[0] && sinceStartMs < outage[1]) {
      return nothing(world.pick(['rejected', 'lost']), '503 during an outage');
    }
    if (happens(error)) {
      return nothing(world.pick(['rejected', 'lost']), '500');
    }
    if (happens(html)) {
      return nothing('lost', '502 Bad Gateway: text/html');
    }
    if (happens(loseResponse)) {
      const stored = world.chance(0.5) ? this.#store(batch, sender).copies : [];
      return { stored, response: this.#fail(batch, 'lost', 'the connection was lost') };
    }
    if (happens(stall)) {
      return { stored: world.chance(0.5) ? this.#store(batch, sender).copies : [], response: undefined };
    }
    const { copies: stored, refused } = this.#store(batch, sender);
    if (happens(unusable)) {
      return { stored, response: this.#fail(batch, 'lost', 'the response cannot be used') };
    }
    const cause = refused.length > 0 && { cause: this.#error('ServiceUnavailableException: Slow down.') };
    return { stored, response: { kind: 'decided', refused, throttled: refused, ...cause } };
  }

  #fail(batch: RecordBatch, kind: FailureKind, message: string): PutResponse {
    return { kind, refused: [...batch.keys()], throttled: [], cause: this.#error(message) };
  }

  /** An error that is no other one's twin, so that a report has to name the right one. */
  #error(message: string): Error {
    this.#failures += 1;
    return new Error(`${message} (failure ${this.#failures} of the stream)`);
  }

  #store(batch: RecordBatch, sender: unknown): { refused: number[]; copies: StoredCopy[] } {
    const refused: number[] = [];
    const copies: StoredCopy[] = [];
    const kept: Buffer[] = [];
    let bytes = 0;
    for (const [place, { data }] of batch.entries()) {
      if (this.#world.chance(this.#faults.throttle) || !this.#takeTokens(data.length)) {
        refused.push(place);
        continue;
      }
      bytes += data.length;
      kept.push(data);
      for (const uuid of this.#onAdmission ? [] : this.#uuidsIn(data)) {
        const copy = { sender, acknowledged: false };
        copies.push(copy);
        const others = this.stored.get(uuid);
        if (others) {
          others.push(copy);
        } else {
          this.stored.set(uuid, [copy]);
        }
      }
    }
    this.#onAdmission?.({
      records: kept.length,
      bytes,
      recordsRefused: refused.length,
      data: kept,
      sender,
    });
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
    this.onStored(events);
    const uuids = uuidsIn(events);
    if (uuids === undefined) {
      this.violations.push('a record does not hold whole events');
    }
    return uuids ?? [];
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
