import type { CreateLineReader } from '../comparison/line-reader.ts';
import { EventFinder } from './event-finder.ts';
import { ObjectLines } from './object-lines.ts';
import { UuidScan } from './uuid-scan.ts';

/**
 * Finds out which lines of an object are events of the default template, by a shorter way than that of other templates: all lines have the
 * same size, and are compared as numbers.
 */
export const createDefaultReader: CreateLineReader = ({ runs, filter, isShared }, listener) => {
  const finder = new EventFinder(runs, filter, listener);
  const lines = new ObjectLines(
    {
      onEventLine: ({ uuid, timeMs }) => finder.find(uuid, timeMs),
      onCorruptLine: listener.onCorrupt,
      onForeignLine: () => listener.onForeign(1),
    },
    new UuidScan(runs, filter, isShared),
  );
  return {
    push: (chunk) => lines.push(chunk),
    end: () => lines.end(),
    flush: () => finder.flush(),
  };
};
