import {
  defaultSeparator,
  eventBytes,
  type RecordFormat,
  recordStarts,
} from '../../contract/record-format.ts';
import {
  fullRecordBytes,
  maxEventsPerRecord,
  type TargetRow,
  targets,
  wholeUnits,
} from '../../contract/targets.ts';
import type { CreatePacker, PackRecords, RequestRoom } from '../packing/packing.ts';
import { type EventRecord, recordBytesInJson } from '../packing/records.ts';
import { createUuidSource, type NextUuids, writeEvents } from './events.ts';
import { gzipMember } from './gzip-member.ts';

/**
 * Upper bounds of a gzip record: its headers, and its bytes per event. Events have 20.42 bytes on average and differ little:
 * a record above the bounds would be ten standard deviations from the mean.
 */
const gzipFrameBytes = 160;
const gzipEventBytes = 20.5;

/** Events of a full record of lines: they end just under a multiple of what is billed. */
export function eventsPerFullRecord(target: TargetRow): number {
  return Math.floor(wholeUnits(maxEventsPerRecord * eventBytes, target) / eventBytes);
}

const writers: Record<RecordFormat, (uuidsOf: UuidsOf, start: string, target: TargetRow) => PackRecords> = {
  ndjson: (uuidsOf, start, target) => packDefaultLines(uuidsOf, start, target, eventsPerFullRecord(target)),
  single: (uuidsOf, start, target) => packDefaultLines(uuidsOf, start, target, 1),
  gzip: packDefaultMembers,
};

/** Packs events of the default template. It is faster than the packers of other templates: all events have the same size. */
export const createDefaultPacker: CreatePacker = (
  recordFormat,
  deliveryStreamName,
  runId,
  separator = defaultSeparator,
  target = targets.firehose,
) => writers[recordFormat](createUuids(deliveryStreamName, runId), recordStarts[separator], target);

/** Number of records of up to `recordBytes` that a request takes: at least one. */
function recordsPerRequest(
  recordBytes: number,
  { dataBytes, jsonBytes }: RequestRoom,
  target: TargetRow,
): number {
  const room = Math.min(dataBytes / recordBytes, jsonBytes / recordBytesInJson(recordBytes, target));
  return Math.max(1, Math.min(target.maxRecordsPerRequest, Math.floor(room)));
}

type UuidsOf = (from: number, to: number) => Buffer;

/** The UUIDs of the events from one index to before another. What follows the call before goes on with its keystream. */
function createUuids(deliveryStreamName: string, runId: string): UuidsOf {
  let next = -1;
  let nextUuids: NextUuids;
  return (from, to) => {
    if (from !== next) {
      nextUuids = createUuidSource(deliveryStreamName, runId, from);
    }
    next = to;
    return nextUuids(to - from);
  };
}

function packDefaultLines(
  uuidsOf: UuidsOf,
  start: string,
  target: TargetRow,
  perRecord: number,
): PackRecords {
  const recordBytes = start.length + perRecord * eventBytes;
  return (slice, room, timeMs) => {
    const to = Math.min(slice.from + recordsPerRequest(recordBytes, room, target) * perRecord, slice.to);
    const data = Buffer.allocUnsafe(start.length + (to - slice.from) * eventBytes);
    data.write(start, 'latin1');
    writeEvents(data.subarray(start.length), uuidsOf(slice.from, to), timeMs);
    const batch: EventRecord[] = [];
    // A record that begins with a line break shares it with the event before.
    for (let from = slice.from, at = 0; from < to; from += perRecord, at += perRecord * eventBytes) {
      batch.push({ from, to: Math.min(from + perRecord, to), data: data.subarray(at, at + recordBytes) });
    }
    return batch;
  };
}

/** Number of events in a gzip record of up to `bytes`: at least one. */
export function eventsPerMember(bytes: number, target = targets.firehose): number {
  return Math.floor((wholeUnits(Math.min(fullRecordBytes, bytes), target) - gzipFrameBytes) / gzipEventBytes);
}

function packDefaultMembers(uuidsOf: UuidsOf, start: string, target: TargetRow): PackRecords {
  return (slice, room, timeMs) => {
    const perRecord = eventsPerMember(room.dataBytes, target);
    const records = recordsPerRequest(gzipFrameBytes + perRecord * gzipEventBytes, room, target);
    const end = Math.min(slice.from + records * perRecord, slice.to);
    const batch: EventRecord[] = [];
    for (let from = slice.from; from < end; from += perRecord) {
      const to = Math.min(from + perRecord, end);
      batch.push({ from, to, data: gzipMember(uuidsOf(from, to), timeMs, start) });
    }
    return batch;
  };
}
