import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { type CompressionName, compressions } from '../../../lib/emulator/firehose/compressions.ts';
import type { World } from '../worlds/world.ts';
import { uuidPattern } from './firehose.ts';

/** Why an object of a shared bucket can never be read. */
export type Obstacle = 'content' | 'access';

/** What a shared stream, and the others who write to it or to its bucket, do. */
export interface Sharing {
  /** Of the random numbers that only these faults use. */
  readonly seed: number;
  /** Probability that a record of others comes next, before each record of ours and after the last one. */
  readonly records: number;
  /** Probability that a record of others ends with a line break. */
  readonly delimited: number;
  /** Whether the stream puts a line break between records, but none after the last. */
  readonly appendsDelimiter: boolean;
  readonly compression: CompressionName;
  /** Whether gzip of the producer stays in its records. */
  readonly keepsGzip: boolean;
  /** What the prover compares. */
  readonly match: 'bytes' | 'id';
  /** Probability that a record of ours lands with other bytes. */
  readonly changes: number;
  /** Number of objects of others under the same prefix. */
  readonly objects: number;
  /** Probability of each of these, and of an object of ours, to be unreadable, in one of these ways. */
  readonly unreadable: number;
  readonly obstacles: readonly Obstacle[];
}

const uuid = '0b0f3c1e-5d0a-4c7b-9a55-7f1f3f6f2a10';

const binary = (size: number) =>
  Buffer.from(Array.from({ length: size }, (_, place) => 0x80 ^ ((place * 37) & 0xff)));

/** Records of others, each without a line break at its end: text in which an event may hide, and bytes that are no text. */
const texts: readonly Buffer[] = [
  ...['{"level":"info","text":"another program"}', '7', '{"', '\n', `{"${uuid}":"test-2026-11-22 00:00:00"}`],
  ...[
    uuid,
    uuid.slice(0, 20),
    'a-b-c-d-',
    `{"id":"${uuid}","text":"${'x'.repeat(300)}"}`,
    '\r\n\r\n',
    '"}',
    'é',
  ],
  `${'{"level":"info","id":"1-2-4-8"}\n'.repeat(30)}{"level":"debug"}`,
].map((text) => Buffer.from(text));

const others: readonly Buffer[] = [
  ...texts,
  ...[binary(5), binary(700), binary(6_000), Buffer.from([0x1f, 0x8b]), Buffer.from([0x1f])],
  gzipSync(texts[0]!),
  gzipSync(Buffer.concat(texts)),
];

const lineBreak = Buffer.from('\n');

const lines = others.map((record) => Buffer.concat([record, lineBreak]));

/** Objects of content that nobody can compare with events. */
const unreadable: readonly Buffer[] = [
  Buffer.concat([Buffer.from('PAR1'), binary(300), Buffer.from('PAR1')]),
  Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), binary(300)]),
  gzipSync(Buffer.concat(texts)).subarray(0, -20),
];

/** Some records of others. */
export function foreignRecords(dice: World, { records, delimited }: Sharing): Buffer[] {
  const some: Buffer[] = [];
  while (some.length < 5 && dice.chance(records)) {
    some.push(dice.pick(dice.chance(delimited) ? lines : others));
  }
  return some;
}

/** What the events of a record become if another program changes them. Each line keeps its UUID, and may repeat it. */
export function changed(lines: Buffer): Buffer {
  return Buffer.from(
    lines.toString('latin1').replaceAll(uuidPattern, '$&~$&').replaceAll('\n', '~\n'),
    'latin1',
  );
}

/** The object of a stream, in pieces as a response of S3 has them. */
export async function packObject(
  dice: World,
  { appendsDelimiter, compression }: Sharing,
  records: readonly Buffer[],
  obstacle: Obstacle | undefined,
): Promise<Buffer[]> {
  const leastBytes = dice.pick([7, 100, 100_000]);
  const delimiter = appendsDelimiter ? [lineBreak] : [];
  const joined = records.flatMap((record, place) => (place === 0 ? [record] : [...delimiter, record]));
  const packed =
    obstacle === 'content'
      ? unreadable[records.length % unreadable.length]!
      : compression === 'UNCOMPRESSED'
        ? Buffer.concat(joined)
        : Buffer.concat(await Readable.from(joined).pipe(compressions[compression].create()).toArray());
  const size = Math.max(leastBytes, Math.ceil(packed.length / 30));
  return Array.from({ length: Math.ceil(packed.length / size) }, (_, piece) =>
    packed.subarray(piece * size, (piece + 1) * size),
  );
}
