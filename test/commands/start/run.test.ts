import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../lib/terminal/progress.ts';
import { shareOf } from '../../property-runs.ts';
import { assemblyOf } from '../../stack/synth.ts';
import { objectsIn } from './factories.ts';
import { extraCopies, run, withoutProof } from './local-run.ts';

describe('a run on this machine', () => {
  const formats = [
    ['ndjson', 50_000, 68, {}],
    ['gzip', 50_000, 20.43, { recordFormat: 'gzip' }],
    ['single', 5_000, 68, { recordFormat: 'single' }],
  ] as const;

  it.each(shareOf(formats))(
    'as %s leaves exactly the %i events that the rule gives',
    async (_format, count, bytesPerEvent, context) => {
      // Prepare
      const progress: Progress[] = [];

      // Act
      const result = await run({
        payload: { count, runId: 'run-1' },
        onProgress: (now) => progress.push(now),
        assemblyDirectory: assemblyOf({ ...context, ...withoutProof }),
      });

      // Assess
      expect(extraCopies(result)).toBe(0);
      expect(result.report).toMatchObject({
        eventsDelivered: count,
        eventsUndelivered: 0,
        recordsRetried: 0,
      });
      expect(result.report.bytesDelivered / count).toBeCloseTo(bytesPerEvent, 0);
      expect(result.output.objects).toBe(objectsIn(result.output.directory).length);
      expect(result.maxMemoryUsedMiB).toBeLessThan(256);
      expect(progress.at(-1)).toMatchObject({ events: count, totalEvents: count });
    },
  );
});
