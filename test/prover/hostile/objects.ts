import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { type RecordFormat, recordStarts, type Separator } from '../../../lambda/contract/record-format.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import type { CreatePacker } from '../../../lambda/producer/packing/packing.ts';
import type { Environment } from '../../../lambda/prover/claims/environment.ts';
import type { CreateLineReader } from '../../../lambda/prover/comparison/line-reader.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import type { World } from '../../simulation/worlds/world.ts';

/** An event as it was written: the time in it is in milliseconds since 1970. */
export interface WrittenEvent {
  readonly runId: string;
  readonly index: number;
  readonly timeMs: number;
}

interface Line {
  readonly end: number;
  /** @default - any other line */
  readonly event?: WrittenEvent;
}

interface Text {
  readonly bytes: Buffer;
  readonly lines: readonly Line[];
  /** Whether it looks like the start of a gzip member, and is none. */
  readonly isTrap?: boolean;
}

interface Member {
  readonly bytes: Buffer;
  readonly content: readonly Node[];
}

/** A part of an object. */
export type Node = Text | Member;

/** An event in the bytes of an object. A reader must find it if it is certain, and may find it otherwise. */
export interface VisibleEvent extends WrittenEvent {
  readonly isCertain: boolean;
}

/** A way to write events, and to read them. */
export interface Template {
  /** @default - the default template */
  readonly source?: string;
  readonly createReader: CreateLineReader;
  readonly createPacker: CreatePacker;
}

function templateOf(source: string): Template {
  const template = compileTemplate(source);
  return {
    source,
    createReader: createTemplateReader(template),
    createPacker: createTemplatePacker(template),
  };
}

/** The default template twice: most users have no other. */
export const templates: readonly Template[] = [
  { createReader: createDefaultReader, createPacker: createDefaultPacker },
  { createReader: createDefaultReader, createPacker: createDefaultPacker },
  templateOf('{{date.now}} {{random.uuid}}'),
  templateOf('{"id":"{{random.uuid}}","at":"{{date.utc("YYYY-MM-DD HH:mm:ss")}}","n":{{random.number}}}'),
];

const newline = 0x0a;

/** Text of which each line is an event, or none is. */
export function textOf(bytes: Buffer, events?: readonly WrittenEvent[]): Text {
  const lines: Line[] = [];
  for (let at = 0; at < bytes.length && events !== undefined; ) {
    const end = bytes.indexOf(newline, at) + 1;
    lines.push({ end, event: events[lines.length]! });
    at = end;
  }
  return { bytes, lines };
}

export function memberOf(content: readonly Node[], level = 1): Member {
  return { bytes: gzipSync(bytesOf(content), { level }), content };
}

export function bytesOf(nodes: readonly Node[]): Buffer {
  return Buffer.concat(nodes.map(({ bytes }) => bytes));
}

/** The records of consecutive events, which begin with this one. */
export function recordsOf(
  { createPacker }: Template,
  format: RecordFormat,
  { runId, index: from, timeMs }: WrittenEvent,
  to: number,
  separator: Separator = 'after',
): Node[] {
  const pack = createPacker(format, 'my-stream', runId, separator);
  const start = Buffer.from(recordStarts[separator]);
  const nodes: Node[] = [];
  for (let at = from; at < to; ) {
    for (const record of pack({ from: at, to }, { dataBytes: 1e6, jsonBytes: 2e6 }, timeMs)) {
      const isGzip = format === 'gzip';
      const indexes = Array.from({ length: record.to - record.from }, (_, order) => record.from + order);
      const bytes = isGzip ? gunzipSync(record.data) : record.data;
      const text = textOf(
        bytes.subarray(start.length),
        indexes.map((index) => ({ runId, index, timeMs })),
      );
      const content = start.length > 0 ? [textOf(start), text] : [text];
      nodes.push(...(isGzip ? [{ bytes: record.data, content }] : content));
      at = record.to;
    }
  }
  return nodes;
}

/** Layers of gzip that the prover reads. */
export const maxDepth = 3;

/** Number of layers of gzip. */
export function depthOf(nodes: readonly Node[]): number {
  return Math.max(0, ...nodes.map((node) => ('lines' in node ? 0 : 1 + depthOf(node.content))));
}

/**
 * The events of an object whose stored bytes end at `storedBytes`, and are what was written before `changedAt`.
 *
 * By the rule of the format, events and gzip begin at the start of a line, in a shared bucket anywhere. What does not follow it
 * is not certain.
 */
export function visibleEvents(
  nodes: readonly Node[],
  storedBytes: number,
  changedAt: number,
  { isShared, match }: Pick<Environment, 'isShared' | 'match'>,
): readonly VisibleEvent[] {
  const found: VisibleEvent[] = [];
  let isCertain = true;
  let isLineOpen = false;
  const layers = Array.from({ length: 8 }, () => ({ isTextOpen: false }));

  const visit = (content: readonly Node[], depth: number, length: number, intact: number): void => {
    const layer = layers[depth]!;
    let at = 0;
    for (const node of content) {
      if (at >= length) {
        return;
      }
      const end = at + node.bytes.length;
      if ('lines' in node) {
        for (const { end: lineEnd, event } of node.lines) {
          // Of an event that is cut off, the UUID may be whole.
          const isThere = at + lineEnd <= length || (match === 'id' && at < length);
          if (event && isThere) {
            found.push({
              ...event,
              isCertain: isCertain && !isLineOpen && at + lineEnd <= Math.min(intact, length),
            });
          }
          isLineOpen = false;
        }
        isCertain &&= !node.isTrap;
        isLineOpen = node.bytes.length > 0 ? !isShared && node.bytes.at(-1) !== newline : isLineOpen;
        layer.isTextOpen = node.bytes.length > 0 ? isLineOpen : layer.isTextOpen;
        layers[depth + 1]!.isTextOpen = false;
      } else {
        const isBomb = node.content.length === 0;
        isCertain &&= !layer.isTextOpen && depth < maxDepth && end <= intact && !isBomb;
        const inner = end <= length ? Number.POSITIVE_INFINITY : inflatedBytes(node, length - at);
        visit(node.content, depth + 1, inner, Number.POSITIVE_INFINITY);
      }
      at = end;
    }
  };
  visit(nodes, 0, storedBytes, changedAt);
  return found;
}

/** Bytes that come out of a member that is cut off, by another decoder than the prover's. */
function inflatedBytes({ bytes }: Member, length: number): number {
  try {
    return gunzipSync(bytes.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH }).length;
  } catch {
    return 0;
  }
}

/** Whether a bomb is among them, at any depth. */
export function hasBomb(nodes: readonly Node[]): boolean {
  return nodes.some((node) => !('lines' in node) && (node.content.length === 0 || hasBomb(node.content)));
}

const bombs = new Map<string, Buffer>();

/** A member that expands a lot, or costs a lot. `scale` multiplies what comes out of it. */
export function bombOf(world: World, scale: number): Member {
  const kinds: Record<string, (size: number) => Buffer> = {
    newlines: (size) => gzipSync(Buffer.alloc(size, '\n')),
    'double gzip': (size) => gzipSync(gzipSync(Buffer.alloc(size * 16, '\n'))),
    'triple gzip': (size) => gzipSync(gzipSync(gzipSync(Buffer.alloc(size * 16, '\n')))),
    dashes: (size) => gzipSync(Buffer.alloc(size / 4, '-')),
    'a long line': (size) => gzipSync(Buffer.alloc(size * 4, 'a')),
    'empty members': (size) => gzipSync(Buffer.concat(Array(size / 256).fill(gzipSync('')))),
    'an endless name': (size) => {
      const header = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
      return gzipSync(Buffer.concat([header, Buffer.alloc(size * 4, 'a')]));
    },
  };
  const kind = world.pick(Object.keys(kinds));
  const size = world.pick([64, 256]) * 1_024 * scale;
  const key = `${kind} ${size}`;
  const bytes = bombs.get(key) ?? kinds[kind]!(size);
  bombs.set(key, bytes);
  return { bytes, content: [] };
}
