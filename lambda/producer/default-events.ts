import { eventBytes } from '../contract/event.ts';
import { sliceLength } from '../contract/slice.ts';
import { createEventWriter, createUuidSource } from './events.ts';
import { gzipMember } from './gzip-member.ts';
import { Batch, type CreatePacker, type PackRecords, packLines, type WriteLines } from './packing.ts';
import { fullRecordBytes, wholeUnits } from './records.ts';

/**
 * Upper bounds of a gzip record: its headers, and its bytes per event. Events have 20.42 bytes on average and differ little:
 * a record above the bounds would be ten standard deviations from the mean.
 */
const gzipFrameBytes = 160;
const gzipEventBytes = 20.5;

/** Where events end: all have the same size. Grows as needed. */
let ends = new Uint32Array(0);

/** Makes records of the events of the default template, by a shorter way than that of other templates. */
export const createDefaultPacker: CreatePacker = (recordFormat, deliveryStreamName, runId) =>
  recordFormat === 'gzip'
    ? packDefaultMembers(deliveryStreamName, runId)
    : packLines(createDefaultLines(deliveryStreamName, runId), recordFormat);

function createDefaultLines(deliveryStreamName: string, runId: string): WriteLines {
  return (slice, maxBytes, timeMs) => {
    const count = Math.min(sliceLength(slice), Math.max(1, Math.floor(maxBytes / eventBytes)));
    if (ends.length < count) {
      ends = new Uint32Array(count);
      for (let place = 0; place < count; place += 1) {
        ends[place] = (place + 1) * eventBytes;
      }
    }
    const data = Buffer.allocUnsafe(count * eventBytes);
    createEventWriter(deliveryStreamName, runId, slice.from)(data, timeMs);
    return { data, ends: ends.subarray(0, count) };
  };
}

/** How many events a gzip record of so many bytes may carry, at least one. */
export function eventsPerMember(bytes: number): number {
  return Math.floor((wholeUnits(Math.min(fullRecordBytes, bytes)) - gzipFrameBytes) / gzipEventBytes);
}

function packDefaultMembers(deliveryStreamName: string, runId: string): PackRecords {
  return (slice, room, timeMs) => {
    const nextUuids = createUuidSource(deliveryStreamName, runId, slice.from);
    const perMember = eventsPerMember(room.dataBytes);
    const batch = new Batch(room);
    for (let from = slice.from; from < slice.to; ) {
      const to = Math.min(from + perMember, slice.to);
      if (!batch.hasRoomFor(gzipFrameBytes + (to - from) * gzipEventBytes)) {
        break;
      }
      batch.add({ from, to, data: gzipMember(nextUuids(to - from), timeMs) });
      from = to;
    }
    return batch.records;
  };
}
