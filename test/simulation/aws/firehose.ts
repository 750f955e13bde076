import { gunzipSync } from 'node:zlib';
import type { RecordFormat } from '../../../lambda/contract/record-format.ts';
import type { Target } from '../../../lambda/contract/targets.ts';
import type { PutResponse } from '../../../lambda/producer/delivery/aws/put-records.ts';
import type { EventRecord, RecordBatch } from '../../../lambda/producer/packing/records.ts';
import type { FailureKind } from '../../../lambda/runtime/aws-call.ts';
import { TokenBucket } from '../../../lib/emulator/quota.ts';
import type { World } from '../worlds/world.ts';
import { numberErrors, simulateCall } from './call.ts';
import { type ShardSettings, SimulatedShards } from './shards.ts';
import { StreamAccount } from './stream-account.ts';

export interface FirehoseFaults {
  /** Probability that a record is refused, whatever the rate. */
  readonly throttle: number;
  /** Probability that a request fails with 500 or 503, and is not stored. @default 0 */
  readonly error?: number;
  /** Probability that the response to a request is lost; half of these requests are stored. @default 0 */
  readonly loseResponse?: number;
  /** Probability that a response is unusable (cut, garbled, miscounted) although the request is stored. @default 0 */
  readonly unusable?: number;
  /** Probability that a proxy responds with an HTML page, and nothing is stored. @default 0 */
  readonly html?: number;
  /** Probability that a request hangs until its sender gives up; half of these requests are stored. @default 0 */
  readonly stall?: number;
  readonly latencyMs: number;
  /** Shortest time to a response. @default 0 */
  readonly minLatencyMs?: number;
  /** Probability that a response takes some seconds more. @default 0 */
  readonly slow?: number;
  /** Between these times after the start every request fails. @default - never */
  readonly outage?: readonly [fromMs: number, toMs: number];
  /** Quota, with a second of burst. @default - none */
  readonly quota?: StreamQuota;
  /** The shards, if the stream is one of Kinesis. @default - a delivery stream of Firehose */
  readonly shards?: ShardSettings;
  /** After this time every request fails in a way that no retry can fix, such as expired credentials. @default - never */
  readonly forbiddenAfterMs?: number;
}

export interface StreamQuota {
  readonly bytesPerSecond: number;
  readonly later?: { readonly bytesPerSecond: number; readonly afterMs: number };
}

const slowMs = 6_000;

export interface Admission {
  readonly stored: readonly Buffer[];
  readonly storedBytes: number;
  readonly recordsRefused: number;
  readonly sender: unknown;
}

export interface StoredCopy {
  readonly sender: unknown;
  /** Whether the sender got the response. */
  acknowledged: boolean;
}

export const uuidPattern: RegExp = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** The UUIDs of events, in order; `undefined` unless the lines are whole events. */
export function uuidsIn(lines: Buffer): string[] | undefined {
  const events = lines.toString('latin1').split('\n');
  const isWhole = events.pop() === '';
  const uuids = events.map((event) => event.match(uuidPattern)?.[0] ?? '');
  return isWhole && !uuids.includes('') ? uuids : undefined;
}

/** Limits of a request (API references of PutRecordBatch and PutRecords). Not the producer's own numbers, which may be wrong. */
const limitsOf = {
  firehose: { records: 500, recordBytes: 1_024_000, requestBytes: 4 * 1_048_576, keyBytes: 0 },
  kinesis: { records: 500, recordBytes: 1_048_576, requestBytes: 10 * 1_048_576, keyBytes: 16 },
};

/** A delivery stream, or the Kinesis stream before it, in a simulated world. It stores what it accepts, and checks the limits of AWS. */
export class SimulatedFirehose {
  /** Every stored copy of every event, by UUID. */
  readonly stored = new Map<string, StoredCopy[]>();
  readonly violations: string[];
  onStored: (lines: Buffer, data: Buffer, shard?: string) => void = () => {};
  readonly accounts = new Map<unknown, StreamAccount>();
  readonly #world: World;
  readonly #faults: FirehoseFaults;
  readonly #recordFormat: RecordFormat;
  readonly #onAdmission: ((admission: Admission) => void) | undefined;
  readonly #startMs: number;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #tokens: TokenBucket | undefined;
  readonly #shards: SimulatedShards | undefined;
  readonly #error = numberErrors('stream');

  /** @param onAdmission Called for every request that is decided on. The stream itself then remembers no events. */
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
    this.#shards = faults.shards && new SimulatedShards(world, faults.shards);
    this.violations = this.#shards?.violations ?? [];
    if (faults.quota) {
      const { bytesPerSecond, later } = faults.quota;
      this.#setQuota(bytesPerSecond);
      if (later) {
        world.after(later.afterMs, () => {
          this.#setQuota(later.bytesPerSecond);
          // A raised quota brings no burst.
          this.#tokens?.take(later.bytesPerSecond);
        });
      }
    }
  }

  /** Responds to a request, or its sender gives up. Requests are counted by sender. */
  async put(batch: RecordBatch, signal: AbortSignal, sender: unknown): Promise<PutResponse> {
    this.#checkLimits(batch);
    const account = this.#onAdmission
      ? undefined
      : (this.accounts.get(sender) ?? new StreamAccount(this.#target));
    if (account) {
      this.accounts.set(sender, account);
      account.requested(batch);
    }
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

  #setQuota(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#tokens = new TokenBucket(bytesPerSecond, this.#world.now);
  }

  #latencyMs(): number {
    const { latencyMs, minLatencyMs = 0, slow = 0 } = this.#faults;
    const slowerMs = this.#world.chance(slow) ? this.#world.random() * slowMs : 0;
    return minLatencyMs + this.#world.random() * (latencyMs - minLatencyMs) + slowerMs;
  }

  #decide(
    fate: number,
    batch: RecordBatch,
    sender: unknown,
  ): { readonly stored: readonly StoredCopy[]; readonly response: PutResponse | undefined } {
    const { error = 0, loseResponse = 0, stall = 0, unusable = 0, html = 0, outage = [0, 0] } = this.#faults;
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
    const { copies: stored, refused, shards } = this.#store(batch, sender);
    if (happens(unusable)) {
      return { stored, response: this.#fail(batch, 'lost', 'the response cannot be used') };
    }
    const refusal = this.#shards
      ? 'ProvisionedThroughputExceededException: Rate exceeded'
      : 'ServiceUnavailableException: Slow down.';
    const response: PutResponse = {
      ...{ kind: 'decided', refused, throttled: refused },
      ...(this.#shards && { shards }),
      ...(refused.length > 0 && { cause: this.#error(refusal) }),
    };
    return { stored, response };
  }

  #fail(batch: RecordBatch, kind: FailureKind, message: string): PutResponse {
    return { kind, refused: [...batch.keys()], throttled: [], cause: this.#error(message) };
  }

  #store(batch: RecordBatch, sender: unknown) {
    const refused: number[] = [];
    const shards: (string | undefined)[] = batch.map(() => undefined);
    const copies: StoredCopy[] = [];
    const stored: Buffer[] = [];
    let storedBytes = 0;
    for (const [place, record] of batch.entries()) {
      const { data } = record;
      // A record larger than the burst would never pass: real quotas are larger than the largest record.
      const isAdmitted = this.#tokens?.has(Math.min(data.length, this.#bytesPerSecond)) ?? true;
      const isRefused = this.#world.chance(this.#faults.throttle) || !isAdmitted;
      const shard = isRefused ? undefined : this.#shards?.admit(record);
      if (isRefused || (this.#shards && shard === undefined)) {
        refused.push(place);
        continue;
      }
      shards[place] = shard;
      this.#tokens?.take(data.length);
      storedBytes += data.length;
      stored.push(data);
      for (const uuid of this.#onAdmission ? [] : this.#uuidsIn(data, shard)) {
        const copy = { sender, acknowledged: false };
        copies.push(copy);
        this.stored.set(uuid, [...(this.stored.get(uuid) ?? []), copy]);
      }
    }
    this.#onAdmission?.({ stored, storedBytes, recordsRefused: refused.length, sender });
    return { refused, copies, shards };
  }

  #uuidsIn(data: Buffer, shard: string | undefined): string[] {
    const events = this.#recordFormat === 'gzip' ? gunzipSync(data) : data;
    this.onStored(events, data, shard);
    const uuids = uuidsIn(events);
    if (uuids === undefined) {
      this.violations.push('a record does not hold whole events');
    }
    return uuids ?? [];
  }

  get #target(): Target {
    return this.#faults.shards?.target ?? 'firehose';
  }

  #checkLimits(batch: RecordBatch): void {
    const limits = limitsOf[this.#shards ? 'kinesis' : 'firehose'];
    // Firehose's page does not say what counts: all of it, encoded, is the most.
    const bytesOf = ({ data }: EventRecord) =>
      this.#shards ? data.length + limits.keyBytes : Math.ceil(data.length / 3) * 4 + 12;
    const bytes = batch.reduce((sum, record) => sum + bytesOf(record), 0);
    if (batch.length < 1 || batch.length > limits.records) {
      this.violations.push(`a request has ${batch.length} records`);
    }
    if (bytes > limits.requestBytes) {
      this.violations.push(`a request has ${bytes} bytes`);
    }
    if (batch.some(({ data }) => data.length + limits.keyBytes > limits.recordBytes || data.length === 0)) {
      this.violations.push('a record is empty or too large');
    }
  }
}
