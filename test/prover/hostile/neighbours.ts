import { World } from '../../simulation/worlds/world.ts';
import { bytesOf, type Node, recordsOf, type Template, textOf } from './objects.ts';

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
export function createNeighbours(seed: number, template: Template, checkMs: number) {
  const world = new World(seed + 2 ** 32);
  const hasDelimiter = world.chance(0.2);
  const isCrowded = world.chance(0.7);
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
    async format(_bytes: Buffer): Promise<Formatted | undefined> {
      return undefined;
    },
  };
}
