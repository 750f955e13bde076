import { describe, expect, it } from 'vitest';
import type { simulate } from '../../lib/simulation/simulate.ts';
import { buildSimulation, type Sabotage } from './build.ts';

/** Happenings after which a run counts as endless: no run of a healthy producer needs half as many. */
const maxSteps = 50_000;

/** The first violation among some seeds, with the seed. */
async function firstViolation(
  run: typeof simulate,
  seeds: number,
): Promise<{ seed: number; violations: readonly string[] } | undefined> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { violations } = await run(seed, maxSteps);
    if (violations.length > 0) {
      return { seed, violations };
    }
  }
  return undefined;
}

describe('in a thousand worlds that throttle, fail, stall, lose responses, repeat messages and kill', () => {
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
        file: 'producer/delivery.ts',
        search: 'this.#outcome.undelivered.push(...rest.map(({ from, to }) => ({ from, to })));',
        replace: 'this.#outcome.eventsDelivered += rest.reduce((sum, { from, to }) => sum + to - from, 0);',
      },
    ],
    [
      'sends all records again instead of the refused ones',
      {
        file: 'producer/delivery.ts',
        search: 'rest = await this.#send(sent, attempt);',
        replace: 'if ((await this.#send(sent, attempt)).length === 0) rest = [];',
      },
    ],
    [
      'ignores that a response was lost',
      {
        file: 'producer/delivery.ts',
        search: 'outcome.eventsUncertain += sliceLength(record);',
        replace: '',
      },
    ],
    [
      'takes a lost response for an acknowledgement',
      {
        file: 'producer/delivery.ts',
        search: 'const isRefused = new Set(refused);',
        replace: "const isRefused = new Set(kind === 'lost' ? [] : refused);",
      },
    ],
    [
      'miscounts a slice',
      {
        file: 'contract/slice.ts',
        search: 'last[1] = Math.max(last[1], to);',
        replace: 'last[1] = Math.max(last[1], to - 1);',
      },
    ],
    [
      'overruns the deadline',
      { file: 'producer/deadline.ts', search: 'this.abortMs = endMs - ', replace: 'this.abortMs = endMs + ' },
    ],
    [
      'forgets what is left over',
      { file: 'producer/invocation.ts', search: 'await options.sendSlices(work.leftOver);', replace: '' },
    ],
    [
      'tells the queue that every message was processed',
      { file: 'producer/invocation.ts', search: 'failed.push(messageId);', replace: '' },
    ],
    [
      'puts more into a request than AWS takes',
      {
        file: 'producer/requests.ts',
        search: 'Math.min(maxRecordsPerRequest, Math.max(1, Math.min(inJson, inBudget)))',
        replace: 'Math.max(600, Math.min(inJson, inBudget))',
      },
    ],
    [
      'generates other events than those of the run',
      {
        file: 'producer/produce.ts',
        search: 'slice.runId, slice.from)',
        replace: 'slice.runId, slice.from + 1)',
      },
    ],
    [
      'lets requests in although the gate is closed',
      {
        file: 'producer/gate.ts',
        search: 'this.#closed.abort();',
        replace: '',
      },
    ],
    [
      'sends records again although the gate is closed',
      { file: 'producer/gate.ts', search: 'return isOpen;', replace: 'return true;' },
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
    await expect(
      buildSimulation({ file: 'contract/slice.ts', search: 'no such code', replace: '' }),
    ).rejects.toThrow('does not say once');
  });
});
