import {
  defaultSeparator,
  type RecordFormat,
  recordFormatRows,
  recordStarts,
} from '../../contract/record-format.ts';
import { type TargetRow, targets } from '../../contract/targets.ts';
import { maxBlocks } from '../../template/draw.ts';
import type { EventTemplate } from '../../template/event-template.ts';
import {
  type CreatePacker,
  type PackRecords,
  packLines,
  packMembers,
  type WriteLines,
} from '../packing/packing.ts';
import { createUuidSource, uuidBytes } from './events.ts';

type CreateWriter = (writeLines: WriteLines, startBytes: number, target: TargetRow) => PackRecords;

const writers: Record<RecordFormat, CreateWriter> = {
  ndjson: (writeLines, startBytes, target) =>
    packLines(writeLines, recordFormatRows.ndjson.maxEventsPerRecord, startBytes, target),
  single: (writeLines, startBytes, target) =>
    packLines(writeLines, recordFormatRows.single.maxEventsPerRecord, startBytes, target),
  gzip: (writeLines, _, target) => packMembers(writeLines, target),
};

export function createTemplatePacker(template: EventTemplate): CreatePacker {
  return (
    recordFormat,
    deliveryStreamName,
    runId,
    separator = defaultSeparator,
    target = targets.firehose,
  ) => {
    const start = recordStarts[separator];
    return writers[recordFormat](
      createTemplateLines(template, deliveryStreamName, runId, start),
      start.length,
      target,
    );
  };
}

/** Initial buffer size: the size of a template's events is not known beforehand. */
const firstRoomBytes = 16_384;

/** Writes the events of a template. Its buffer grows to the largest size that was needed. */
function createTemplateLines(
  template: EventTemplate,
  deliveryStreamName: string,
  runId: string,
  start: string,
): WriteLines {
  const renderer = template.startRun(deliveryStreamName, runId);
  let scratch: Buffer = Buffer.allocUnsafe(firstRoomBytes);

  /** Doubles the buffer, up to `maxBytes`, and keeps its bytes. */
  const enlarge = (lines: Buffer, maxBytes: number): Buffer => {
    const length = Math.min(lines.length * 2, maxBytes);
    if (length > scratch.length) {
      const larger = Buffer.allocUnsafe(length);
      lines.copy(larger);
      scratch = larger;
    }
    return scratch.subarray(0, length);
  };

  return (slice, maxBytes, timeMs) => {
    const nextUuids = createUuidSource(deliveryStreamName, runId, slice.from);
    const ends: number[] = [];
    let lines = scratch.subarray(0, Math.max(1, maxBytes));
    lines.write(start, 'latin1');
    let uuids: Buffer = Buffer.alloc(0);
    for (let next = slice.from; next < slice.to; ) {
      uuids = uuids.length > 0 ? uuids : nextUuids(Math.min(maxBlocks, slice.to - next));
      const before = ends.length;
      renderer.write(lines, ends.at(-1) ?? start.length, ends, next, uuids, timeMs);
      const written = ends.length - before;
      next += written;
      uuids = uuids.subarray(written * uuidBytes);
      if (uuids.length > 0) {
        if (lines.length >= maxBytes && ends.length > 0) {
          break;
        }
        // Always at least one event, however large.
        lines = enlarge(lines, ends.length > 0 ? maxBytes : Number.POSITIVE_INFINITY);
      }
    }
    return { data: Buffer.from(lines.subarray(0, ends.at(-1))), ends };
  };
}
