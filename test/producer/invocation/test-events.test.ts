import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import { parseEnvironment } from '../../../lambda/producer/invocation/environment.ts';
import { parsePayload } from '../../../lambda/producer/invocation/parse-payload.ts';
import { neededVariables } from '../factories.ts';

const directory = 'docs/test-events';

/** The slice of each file, for a function with default options. */
const slices: Readonly<Record<string, RunSlice>> = {
  'default.json': { runId: 'request-1', from: 0, to: 100 },
  'thousand.json': { runId: 'request-1', from: 0, to: 1_000 },
  'million.json': { runId: 'request-1', from: 0, to: 1_000_000 },
  'large-run.json': { runId: 'request-1', from: 0, to: 10_000_000 },
  'steady-rate.json': { runId: 'request-1', from: 0, to: 60_000, eventsPerSecond: 1_000 },
  'repeatable-run.json': { runId: 'run-1', from: 0, to: 5_000 },
  'redo-slice.json': { runId: 'run-1', from: 2_000, to: 3_000 },
};

function readTestEvent(file: string): unknown {
  return JSON.parse(readFileSync(`${directory}/${file}`, 'utf8'));
}

describe('the test events for the console', () => {
  it('are those that this test knows', () => {
    expect(readdirSync(directory).sort()).toEqual(Object.keys(slices).sort());
  });

  it('are what the page about the options shows', () => {
    // Prepare
    const rows = readFileSync('docs/options.md', 'utf8').matchAll(
      /^\| \[(.+)\]\(test-events\/\1\) \| `(.+?)` \|/gm,
    );

    // Act
    const shown = Array.from(rows, ([, file, payload]) => [file, JSON.parse(payload!)]);

    // Assess
    expect(Object.fromEntries(shown)).toEqual(
      Object.fromEntries(Object.keys(slices).map((file) => [file, readTestEvent(file)])),
    );
  });

  it.each(Object.entries(slices))('%s asks for %j', (file, slice) => {
    const { settings } = parseEnvironment(neededVariables);
    const asked = parsePayload(readTestEvent(file), settings, 'request-1');
    expect(asked).toEqual(slice);
  });
});
