import { type ByteReader, CorruptObjectError } from './byte-reader.ts';
import type { Spend } from './gzip-member.ts';
import { hadoopSnappyBytes, isHadoopSnappy, snappyJavaBytes } from './snappy.ts';
import { zipBytes } from './zip.ts';

/** An object has a format whose lines cannot be read. */
export class UnreadableFormatError extends CorruptObjectError {
  override readonly name = 'UnreadableFormatError';
  readonly format: string;

  constructor(format: string) {
    super(`${format}: expected plain lines, gzip, ZIP or Snappy`);
    this.format = format;
  }
}

/** A format of whole objects, other than plain lines and gzip. */
export interface Format {
  readonly name: string;
  readonly isStart: (head: Buffer) => boolean;
  /**
   * Reads its content, which may be gzip again.
   *
   * @throws CorruptObjectError after the last readable byte, and the errors of `spend`.
   * @default - it cannot be read
   */
  readonly contentOf?: (reader: ByteReader, spend: Spend) => AsyncGenerator<Buffer, void>;
}

/** Bytes that tell all formats apart. */
export const headBytes = 16;

const startsWith =
  (...starts: readonly string[]) =>
  (head: Buffer) =>
    starts.some((start) => head.toString('latin1').startsWith(start));

/** Text may begin with the same letters, but has no such control characters. */
const isBinary = (head: Buffer) => head.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20));
const isParquet = startsWith('PAR1', 'PARE');
const isOrc = startsWith('ORC');

const formats: readonly Format[] = [
  { name: 'ZIP', isStart: startsWith('PK\x03\x04'), contentOf: zipBytes },
  { name: 'Snappy', isStart: startsWith('\x82SNAPPY\0'), contentOf: snappyJavaBytes },
  { name: 'Hadoop Snappy', isStart: isHadoopSnappy, contentOf: hadoopSnappyBytes },
  { name: 'Snappy (framing format)', isStart: startsWith('\xff\x06\0\0sNaPpY') },
  { name: 'Parquet', isStart: (head) => isParquet(head) && isBinary(head) },
  { name: 'ORC', isStart: (head) => isOrc(head) && isBinary(head) },
  { name: 'Avro', isStart: startsWith('Obj\x01') },
  { name: 'Zstandard', isStart: startsWith('\x28\xb5\x2f\xfd') },
  { name: 'bzip2', isStart: startsWith(...Array.from('123456789', (level) => `BZh${level}1AY&SY`)) },
  { name: 'xz', isStart: startsWith('\xfd7zXZ\0') },
  { name: 'LZ4', isStart: startsWith('\x04\x22\x4d\x18') },
];

/** The format of an object by its first {@link headBytes}; undefined for plain lines and gzip. */
export function formatOf(start: Buffer): Format | undefined {
  const head = start.subarray(0, headBytes);
  return formats.find(({ isStart }) => isStart(head));
}
