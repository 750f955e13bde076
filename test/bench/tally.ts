import { gunzipSync } from 'node:zlib';
import { eventBytes } from '../../lambda/contract/record-format.ts';
import { billedBytes, targets } from '../../lambda/contract/targets.ts';

const emptyTally = {
  requests: 0,
  events: 0,
  /** Sum of a hash of every UUID, modulo 2³². It shows lost, duplicate and altered events in any order. */
  checksum: 0,
  /** Record data before base64, as the quota counts it. */
  dataBytes: 0,
  /** The same, with each record rounded up to a multiple of 5,120 bytes, as Firehose bills it. */
  billedBytes: 0,
  records: 0,
  /** Records over the quota, which count for nothing else. */
  recordsRefused: 0,
};

/** Counts of the endpoint, or of a producer. */
export type Tally = Readonly<typeof emptyTally>;

/** Offsets of eight hex digits of each part of the UUID in an event. */
const uuidWordOffsets = [2, 6, 11, 16, 21, 26, 30, 34] as const;

const openBrace = 0x7b;
const newline = 0x0a;

/** Counts and checks records. Every byte must belong to a whole event. */
export class Counter {
  #tally = { ...emptyTally };

  /** @throws Error if a record does not consist of whole events. */
  countRequest(records: readonly Buffer[]): void {
    this.#tally.requests += 1;
    this.#tally.records += records.length;
    for (const record of records) {
      this.#tally.dataBytes += record.length;
      this.#tally.billedBytes += billedBytes(record.length, targets.firehose);
      const isGzip = record[0] === 0x1f && record[1] === 0x8b;
      this.#countEvents(isGzip ? gunzipSync(record) : record);
    }
  }

  countRefused(): void {
    this.#tally.recordsRefused += 1;
  }

  #countEvents(events: Buffer): void {
    const view = new DataView(events.buffer, events.byteOffset, events.length);
    let checksum = this.#tally.checksum;
    for (let at = 0; at < events.length; at += eventBytes) {
      if (events[at] !== openBrace || events[at + eventBytes - 1] !== newline) {
        throw new Error(`a record of ${events.length} bytes has no whole event at offset ${at}`);
      }
      let hash = 0;
      for (const offset of uuidWordOffsets) {
        hash = Math.imul(hash ^ view.getUint32(at + offset), 0x9e37_79b1);
      }
      checksum = (checksum + (hash ^ (hash >>> 15))) >>> 0;
    }
    this.#tally.checksum = checksum;
    this.#tally.events += events.length / eventBytes;
  }

  take(): Tally {
    const tally = this.#tally;
    this.#tally = { ...emptyTally };
    return tally;
  }
}
