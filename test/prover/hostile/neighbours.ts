import { buffer } from 'node:stream/consumers';
import type { Match } from '../../../lambda/contract/claim.ts';
import { separators } from '../../../lambda/contract/record-format.ts';
import { compressions } from '../../../lib/emulator/firehose/compressions.ts';
import { World } from '../../simulation/worlds/world.ts';
import { bytesOf, type Node, recordsOf, type Template, textOf } from './objects.ts';

/** Starts of formats that the prover does not read. */
const unreadableStarts = [
  'PAR1\x15\x04\x15\x10',
  'ORC\x11\x00\x0a\x06',
  'Obj\x01\x04\x14avro',
  '\x28\xb5\x2f\xfd\x04\x58',
];

/** Time zones, and when their clocks change. */
const clockChanges: Readonly<Record<string, readonly string[]>> = {
  'Europe/Berlin': ['2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z'],
  'Australia/Lord_Howe': ['2026-04-04T15:00:00Z', '2026-10-03T15:30:00Z'],
  'Asia/Katmandu': ['2026-06-14T18:15:00Z'],
};

/** The header of a gzip member, whose content is none. */
const trap = Buffer.from('\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff', 'latin1');

/** An object in another format. */
export interface Formatted {
  readonly bytes: Buffer;
  readonly isUnreadable?: boolean;
  /** Whether no event is there to find. */
  readonly isHidden?: boolean;
}

/**
 * The other writers of a shared bucket, and the settings of the stream. It draws from a random sequence of its own, so that the
 * cases of other buckets do not depend on it.
 */
export function createNeighbours(seed: number, template: Template, untilMs: number) {
  const world = new World(seed + 2 ** 32);
  const prefixTimeZone = world.chance(0.4) ? world.pick(Object.keys(clockChanges)) : undefined;
  const change = prefixTimeZone && world.pick([...clockChanges[prefixTimeZone]!, '']);
  // Mostly just after a change of the clocks.
  const checkMs = change ? Date.parse(change) + world.integer(1, 90) * 60_000 : untilMs;
  const match: Match = world.chance(0.2) ? 'id' : 'bytes';
  const hasDelimiter = world.chance(0.2);
  const isCrowded = world.chance(0.7);
  const compression = world.chance(0.3) ? world.pick(['ZIP', 'Snappy', 'HADOOP_SNAPPY'] as const) : undefined;
  const separator = world.pick(separators);
  const mayBeUnreadable = world.chance(0.15);

  const hex = (length: number) => Array.from({ length }, () => world.integer(0, 15).toString(16)).join('');
  const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  const records: readonly (() => string)[] = [
    () => '{"customer":"a","n":1}',
    () => `{"id":"${uuid()}"}`,
    () => uuid(),
    () => `${uuid()}${uuid().slice(0, world.integer(1, 35))}`,
    () => `{"${hex(8)}-`,
    () => '{"',
    () => String(world.integer(0, 10 ** world.integer(1, 15))),
    () => `{"long":"${'x-'.repeat(world.chance(0.1) ? world.integer(1, 70_000) : 9)}`,
    () => '\n'.repeat(world.integer(1, 3)),
    () => '\r\n',
    () =>
      Array.from({ length: world.integer(1, 99) }, () => String.fromCharCode(world.integer(32, 255))).join(
        '',
      ),
    () => `\0\x01${'\xfe'.repeat(world.integer(1, 99))}`,
    () => {
      const other = { runId: `other-${world.integer(0, 9)}`, index: world.integer(0, 500), timeMs: checkMs };
      const lines = bytesOf(recordsOf(template, 'ndjson', other, other.index + world.integer(1, 9)));
      return lines.toString('latin1').slice(0, -1);
    },
  ];
  const neighbour = (): Node => {
    if (mayBeUnreadable && world.chance(0.1)) {
      return { ...textOf(trap), isTrap: true };
    }
    return textOf(Buffer.from(world.pick(records)() + (world.chance(0.3) ? '\n' : ''), 'latin1'));
  };

  return {
    settings: { ...(prefixTimeZone && { prefixTimeZone }), match },
    checkMs,
    separator,
    /** The records of an object, in the order of their arrival. */
    join(ours: readonly Node[]): readonly Node[] {
      const all = isCrowded
        ? ours.flatMap((record) => (world.chance(0.5) ? [neighbour(), record] : [record]))
        : ours;
      const closed = isCrowded && world.chance(0.5) ? [...all, neighbour()] : all;
      return hasDelimiter
        ? closed.flatMap((record, place) => (place > 0 ? [textOf(Buffer.from('\n')), record] : [record]))
        : closed;
    },
    /** The object as it is stored. @returns `undefined` if that is as it is. */
    async format(bytes: Buffer): Promise<Formatted | undefined> {
      if (mayBeUnreadable && world.chance(0.3)) {
        const start = Buffer.from(world.pick(unreadableStarts), 'latin1');
        return {
          bytes: Buffer.concat([start, bytes.map((byte) => byte ^ 0x55)]),
          isUnreadable: true,
          isHidden: true,
        };
      }
      if (compression === undefined) {
        return undefined;
      }
      const compress = compressions[compression].create();
      compress.end(bytes);
      const compressed = await buffer(compress);
      // Of the formats' headers, the longest has 16 bytes.
      const isCut = mayBeUnreadable && compressed.length > 40 && world.chance(0.3);
      const end = isCut ? world.integer(40, compressed.length - 1) : compressed.length;
      return { bytes: compressed.subarray(0, end), isUnreadable: isCut };
    },
  };
}
