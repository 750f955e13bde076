import { gzipSync } from 'node:zlib';
import type { RecordFormat, Separator } from '../../contract/record-format.ts';
import type { Slice } from '../../contract/slice.ts';
import { fullRecordBytes, type TargetRow, targets, wholeUnits } from '../../contract/targets.ts';
import { type EventRecord, type RecordBatch, recordBytesInJson } from './records.ts';

export interface RequestRoom {
  /** Record data, before base64. */
  readonly dataBytes: number;
  /** Records in JSON. */
  readonly jsonBytes: number;
}

/**
 * Makes the records of one request: of the first events of a slice, which is not empty, as many as there is room for. Always at
 * least one record.
 */
export type PackRecords = (slice: Slice, room: RequestRoom, timeMs: number) => RecordBatch;

export type CreatePacker = (
  recordFormat: RecordFormat,
  deliveryStreamName: string,
  runId: string,
  /** @default 'after' */
  separator?: Separator,
  /** @default - Firehose */
  target?: TargetRow,
) => PackRecords;

/** The start of a record, then events, one after the other, each with its `\n`. */
export interface EventLines {
  readonly data: Buffer;
  /** Where each of them ends. */
  readonly ends: ArrayLike<number>;
}

/** Writes the first events of a slice, stamped with `timeMs`: as many as fit into `maxBytes`, a whole number, but one at least. */
export type WriteLines = (slice: Slice, maxBytes: number, timeMs: number) => EventLines;

class Batch {
  readonly records: EventRecord[] = [];
  readonly #room: RequestRoom;
  readonly #target: TargetRow;
  #dataBytes = 0;
  #jsonBytes = 0;

  constructor(room: RequestRoom, target: TargetRow) {
    this.#room = room;
    this.#target = target;
  }

  get dataBytesLeft(): number {
    return this.#room.dataBytes - this.#dataBytes;
  }

  /** Whether there is room for another record. There always is for the first one. */
  hasRoomFor(dataBytes: number): boolean {
    return (
      this.records.length === 0 ||
      (this.records.length < this.#target.maxRecordsPerRequest &&
        this.#dataBytes + dataBytes <= this.#room.dataBytes &&
        this.#jsonBytes + recordBytesInJson(dataBytes, this.#target) <= this.#room.jsonBytes)
    );
  }

  add(record: EventRecord): void {
    this.records.push(record);
    this.#dataBytes += record.data.length;
    this.#jsonBytes += recordBytesInJson(record.data.length, this.#target);
  }
}

/**
 * Packs events as they are: one a record, or up to `perRecord` that end just under a multiple of what is billed.
 *
 * @param startBytes Size of the text before the first event of a record: it shares that with the event before. @default 0
 */
export function packLines(
  writeLines: WriteLines,
  perRecord: number,
  startBytes = 0,
  target = targets.firehose,
): PackRecords {
  return (slice, room, timeMs) => {
    const to = Math.min(slice.to, slice.from + perRecord * target.maxRecordsPerRequest);
    // The first record may be larger than the room, but is a full one.
    const maxBytes = Math.max(Math.floor(room.dataBytes), perRecord === 1 ? 1 : fullRecordBytes);
    const { data, ends } = writeLines({ from: slice.from, to }, maxBytes, timeMs);
    const isCutOff = ends.length < to - slice.from;
    const batch = new Batch(room, target);
    for (let [first, start] = [0, 0]; first < ends.length; ) {
      const last = endOfRecord(ends, first, start, perRecord, isCutOff, target);
      if (last === undefined) {
        break;
      }
      const end = ends[last - 1]!;
      if (!batch.hasRoomFor(end - start)) {
        break;
      }
      batch.add({ from: slice.from + first, to: slice.from + last, data: data.subarray(start, end) });
      [first, start] = [last, end - startBytes];
    }
    return batch.records;
  };
}

/** A record is full with such a part of the events that it may have, because events differ in size. */
const fullShare = 0.9;

/**
 * Which event is the first that is not in a record any more; undefined if there are not enough events for a full record, but more will
 * come. The first record of a request is taken as it is.
 *
 * @param first The record's first event, which begins at `start`.
 * @param isCutOff Whether more events follow than there are ends.
 */
function endOfRecord(
  ends: ArrayLike<number>,
  first: number,
  start: number,
  perRecord: number,
  isCutOff: boolean,
  target: TargetRow,
): number | undefined {
  let last = Math.min(first + perRecord, ends.length);
  const bytes = ends[last - 1]! - start;
  const isFull = last - first === perRecord || bytes > fullRecordBytes;
  if (perRecord === 1 || (!isFull && !isCutOff)) {
    return last;
  }
  const fill = wholeUnits(Math.min(bytes, fullRecordBytes), target);
  const eventBytes = bytes / (last - first);
  const most = wholeUnits(Math.min(perRecord * eventBytes, fullRecordBytes), target) / eventBytes;
  while (last - first > 1 && ends[last - 1]! - start > fill) {
    last -= 1;
  }
  return isFull || first === 0 || last - first >= fullShare * most ? last : undefined;
}

/** Text that a gzip member holds at most: even if nothing of it can be compressed, it is no larger than a record may be. */
const maxMemberTextBytes = 1_000_000;

/** Share of the room that is used, because the compression ratio varies between members. */
const cautiousShare = 0.98;

/**
 * Packs events as gzip members, compressed by zlib. The compression ratio is that of the member before; the first member is small.
 */
export function packMembers(writeLines: WriteLines, target: TargetRow): PackRecords {
  let bytesPerTextByte = 1;
  return (slice, room, timeMs) => {
    const batch = new Batch(room, target);
    for (let from = slice.from; from < slice.to && batch.hasRoomFor(wholeUnits(0, target)); ) {
      const memberBytes = wholeUnits(Math.min(fullRecordBytes, batch.dataBytesLeft), target);
      const textBytes = Math.min(maxMemberTextBytes, (memberBytes / bytesPerTextByte) * cautiousShare);
      const { data: text, ends } = writeLines({ from, to: slice.to }, Math.floor(textBytes), timeMs);
      const data = gzipSync(text, { level: 1 });
      bytesPerTextByte = data.length / text.length;
      if (!batch.hasRoomFor(data.length)) {
        break;
      }
      batch.add({ from, to: from + ends.length, data });
      from += ends.length;
    }
    return batch.records;
  };
}
