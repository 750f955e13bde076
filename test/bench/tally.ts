import { gunzipSync } from 'node:zlib';
import { eventBytes } from '../../lambda/contract/event.ts';
import { billedBytes } from '../../lambda/contract/firehose-limits.ts';

/** What the endpoint took, or what a producer says that it sent. */
export interface Tally {
  /** Requests. */
  readonly requests: number;
  /** Events. */
  readonly events: number;
  /** Sum of a hash of every UUID, modulo 2³²: the order doesn't matter, a lost, doubled or altered event does. */
  readonly checksum: number;
  /** Record data before base64, as the quota counts it. */
  readonly dataBytes: number;
  /** The same, each record rounded up to a multiple of 5,120 bytes: what Firehose bills. */
  readonly billedBytes: number;
  /** Records that were over the quota. They count for nothing else. */
  readonly recordsRefused: number;
  /** Records that were taken. */
  readonly records: number;
}

/** Where the eight hex digits of each part of a UUID stand in an event that starts at 0. */
const uuidWordOffsets = [2, 6, 11, 16, 21, 26, 30, 34] as const;

const openBrace = 0x7b;
const newline = 0x0a;

/** Counts and checks records: every byte of data has to belong to a whole event. */
export class Counter {
  #requests = 0;
  #events = 0;
  #checksum = 0;
  #dataBytes = 0;
  #billedBytes = 0;
  #records = 0;
  #recordsRefused = 0;

  /**
   * Counts the records of one request.
   *
   * @throws Error if a record is not whole events.
   */
  countRequest(records: readonly Buffer[]): void {
    this.#requests += 1;
    this.#records += records.length;
    for (const record of records) {
      this.#dataBytes += record.length;
      this.#billedBytes += billedBytes(record.length);
      const isGzip = record[0] === 0x1f && record[1] === 0x8b;
      this.#countEvents(isGzip ? gunzipSync(record) : record);
    }
  }

  /** Counts a record that is over the quota. */
  countRefused(): void {
    this.#recordsRefused += 1;
  }

  #countEvents(events: Buffer): void {
    const view = new DataView(events.buffer, events.byteOffset, events.length);
    let checksum = this.#checksum;
    for (let at = 0; at < events.length; at += eventBytes) {
      if (events[at] !== openBrace || events[at + eventBytes - 1] !== newline) {
        throw new Error(`a record of ${events.length} bytes has no whole event at ${at}`);
      }
      let hash = 0;
      for (const offset of uuidWordOffsets) {
        hash = Math.imul(hash ^ view.getUint32(at + offset), 0x9e37_79b1);
      }
      checksum = (checksum + (hash ^ (hash >>> 15))) >>> 0;
    }
    this.#checksum = checksum;
    this.#events += events.length / eventBytes;
  }

  /** What was counted since the last time this was asked. */
  take(): Tally {
    const tally = {
      requests: this.#requests,
      events: this.#events,
      checksum: this.#checksum,
      dataBytes: this.#dataBytes,
      billedBytes: this.#billedBytes,
      records: this.#records,
      recordsRefused: this.#recordsRefused,
    };
    this.#requests = this.#events = this.#checksum = this.#dataBytes = this.#billedBytes = 0;
    this.#records = this.#recordsRefused = 0;
    return tally;
  }
}
