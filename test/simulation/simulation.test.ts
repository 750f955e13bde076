import { describe, expect, it } from 'vitest';
import type { simulate } from '../../lib/simulation/simulate.ts';
import { buildSimulation, type Sabotage } from './build.ts';

/** The first violation among some seeds, with the seed. */
async function firstViolation(
  run: typeof simulate,
  seeds: number,
): Promise<{ seed: number; violations: readonly string[] } | undefined> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { violations } = await run(seed, 200_000);
    if (violations.length > 0) {
      return { seed, violations };
    }
  }
  return undefined;
}

describe('in a thousand worlds that throttle, fail, stall, lose answers, repeat messages and kill', () => {
  it('no event is lost, none is sent again for nothing, and every report is true', async () => {
    // Prepare
    const run = await buildSimulation();

    // Act
    const violation = await firstViolation(run, 1_000);

    // Assess: npm run simulate -- --seed N replays it
    expect(violation).toBeUndefined();
  }, 120_000);
});

describe('the oracle', () => {
  it.each<[string, Sabotage]>([
    [
      'drops a retry',
      {
        file: 'delivery.ts',
        search: 'this.#outcome.undelivered.push(...rest.map(({ from, to }) => ({ from, to })));',
        replace: 'this.#outcome.eventsDelivered += rest.reduce((sum, { from, to }) => sum + to - from, 0);',
      },
    ],
    [
      'sends all records again instead of the refused ones',
      {
        file: 'delivery.ts',
        search: 'rest = await this.#send(rest, attempt);',
        replace: 'if ((await this.#send(rest, attempt)).length === 0) rest = [];',
      },
    ],
    [
      'ignores that an answer was lost',
      { file: 'delivery.ts', search: 'outcome.eventsUncertain += sliceLength(record);', replace: '' },
    ],
    [
      'takes a lost answer for an acknowledgement',
      {
        file: 'delivery.ts',
        search: 'const isRefused = new Set(refused);',
        replace: "const isRefused = new Set(kind === 'unanswered' ? [] : refused);",
      },
    ],
    [
      'miscounts a range',
      {
        file: 'slice.ts',
        search: 'last[1] = Math.max(last[1], to);',
        replace: 'last[1] = Math.max(last[1], to - 1);',
      },
    ],
    [
      'overruns the deadline',
      { file: 'deadline.ts', search: 'this.abortMs = endMs - ', replace: 'this.abortMs = endMs + ' },
    ],
    [
      'forgets what is left over',
      { file: 'invocation.ts', search: 'await options.sendSlices(work.leftOver);', replace: '' },
    ],
    [
      'tells the queue that every message was worked off',
      { file: 'invocation.ts', search: 'failed.push(messageId);', replace: '' },
    ],
    [
      'puts more into a request than AWS takes',
      {
        file: 'requests.ts',
        search: 'export const maxRecordsPerRequest = 500;',
        replace: 'export const maxRecordsPerRequest = 600;',
      },
    ],
    [
      'generates other events than those of the run',
      { file: 'producer.ts', search: 'slice.runId, slice.from)', replace: 'slice.runId, slice.from + 1)' },
    ],
  ])('notices a producer that %s', async (_, sabotage) => {
    // Prepare
    const run = await buildSimulation(sabotage);

    // Act
    const violation = await firstViolation(run, 300);

    // Assess
    expect(violation).toBeDefined();
  });

  it('is not fooled by a sabotage that changes nothing', async () => {
    await expect(buildSimulation({ file: 'slice.ts', search: 'no such code', replace: '' })).rejects.toThrow(
      'does not say once',
    );
  });
});
