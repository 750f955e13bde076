import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { eventBytes } from '../../../lambda/contract/record-format.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import { type LocalRun, type LocalRunOptions, runLocally } from '../../../lib/commands/start/run.ts';
import { assemblyOf } from '../../stack/synth.ts';
import { objectsIn, temporaryDirectory } from './factories.ts';

/** Proofs have tests of their own, and take time. */
export const withoutProof = { proof: 'off' };

export const assemblyDirectory = assemblyOf(withoutProof);

/** Runs the producer without a proof. */
export function run(options: Partial<LocalRunOptions> & Pick<LocalRunOptions, 'payload'>): Promise<LocalRun> {
  return runLocally({
    assemblyDirectory,
    outputDirectory: temporaryDirectory(),
    onStep: () => {},
    onProgress: () => {},
    ...options,
  });
}

/** The first 48 bits of each event's UUID, sorted: as good as the whole, and millions of them take little time. */
function sortedKeys(events: Buffer): Float64Array {
  const keys = new Float64Array(events.length / eventBytes);
  for (let index = 0; index < keys.length; index += 1) {
    const at = index * eventBytes;
    keys[index] = Number.parseInt(
      events.toString('latin1', at + 2, at + 10) + events.toString('latin1', at + 11, at + 15),
      16,
    );
  }
  return keys.sort();
}

/** Every event of the run is in the bucket, and no event of another run is. @returns how many copies are too many. */
export function extraCopies({ report, output }: LocalRun): number {
  const events = Buffer.alloc(report.eventsRequested * eventBytes);
  createEventWriter(report.deliveryStreamName, report.runId, 0)(events, 0);
  const landed = Buffer.concat(objectsIn(output.directory).map((path) => gunzipSync(readFileSync(path))));
  const expected = sortedKeys(events);
  const found = sortedKeys(landed);
  let at = 0;
  let missing = 0;
  for (const key of expected) {
    missing += found[at] === key ? 0 : 1;
    while (found[at] === key) {
      at += 1;
    }
  }
  expect({ missing, unknown: found.length - at }).toEqual({ missing: 0, unknown: 0 });
  return found.length - expected.length;
}
