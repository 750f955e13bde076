import { describe, expect, it } from 'vitest';
import { buildSimulation, type Sabotage } from './build.ts';
import type { simulate } from './worlds/simulate.ts';

/** Happenings after which a run counts as endless: no run of a healthy producer needs half as many. */
const maxSteps = 25_000;

/** The first violation among some seeds, with the seed. */
async function firstViolation(
  run: typeof simulate,
  seeds: number,
  firstSeed = 1,
): Promise<{ seed: number; violations: readonly string[] } | undefined> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const { violations } = await run(seed, maxSteps);
    if (violations.length > 0) {
      return { seed, violations };
    }
  }
  return undefined;
}

describe('in a hundred worlds whose stream and queue throttle, fail, stall, lie and lose responses', () => {
  it('no event is lost, none is sent again for nothing, every report is true, and every failure is named', async () => {
    // Prepare
    const run = await buildSimulation();

    // Act
    const violation = await firstViolation(run, 100);

    // Assess: npm run simulate -- --seed N replays it
    expect(violation).toBeUndefined();
  }, 180_000);
});

describe('a world in which something once was wrong', () => {
  it.each([37_681, 84_594])(
    'has nothing wrong: messages are delivered twice while the time is too short for all of them (%i)',
    async (seed) => {
      const run = await buildSimulation();

      expect((await run(seed, maxSteps)).violations).toEqual([]);
    },
  );
});

describe('the oracle', () => {
  // The number is a world that notices within milliseconds; should it not any more, the ones after it are tried.
  it.each<[string, Sabotage, number]>([
    [
      'drops a retry',
      {
        file: 'producer/delivery/delivery.ts',
        search: 'this.#outcome.undelivered.push(...rest.map(({ from, to }) => ({ from, to })));',
        replace: 'this.#outcome.eventsDelivered += rest.reduce((sum, { from, to }) => sum + to - from, 0);',
      },
      111,
    ],
    [
      'sends all records again instead of the refused ones',
      {
        file: 'producer/delivery/delivery.ts',
        search: 'rest = await this.#send(sent, attempt);',
        replace: 'if ((await this.#send(sent, attempt)).length === 0) rest = [];',
      },
      29,
    ],
    [
      'ignores that a response was lost',
      {
        file: 'producer/delivery/delivery.ts',
        search: 'outcome.eventsUncertain += sliceLength(record);',
        replace: '',
      },
      52,
    ],
    [
      'takes a response that cannot be used for one that says no',
      {
        file: 'producer/delivery/delivery.ts',
        search: "if (kind === 'lost') {",
        replace: "if (kind === 'lost' && cause?.message.includes('no response')) {",
      },
      52,
    ],
    [
      'stops a run because of a lost response',
      {
        file: 'producer/delivery/delivery.ts',
        search: "if (kind === 'fatal') {",
        replace: "if (kind !== 'decided') {",
      },
      155,
    ],
    [
      'does not name the last failure',
      { file: 'producer/delivery/delivery.ts', search: 'outcome.lastFailure = cause;', replace: '' },
      29,
    ],
    [
      'names the first failure instead of the last one',
      {
        file: 'producer/delivery/delivery.ts',
        search: 'outcome.lastFailure = cause;',
        replace: 'outcome.lastFailure ??= cause;',
      },
      29,
    ],
    [
      'does not count failed requests',
      { file: 'producer/delivery/delivery.ts', search: 'outcome.requestsFailed += 1;', replace: '' },
      52,
    ],
    [
      'miscounts what is billed',
      {
        file: 'producer/delivery/delivery.ts',
        search: 'outcome.billedBytes += billedBytes(record.data.length);',
        replace: 'outcome.billedBytes += record.data.length;',
      },
      141,
    ],
    [
      'takes a lost response for an acknowledgement',
      {
        file: 'producer/delivery/delivery.ts',
        search: 'const isRefused = new Set(refused);',
        replace: "const isRefused = new Set(kind === 'lost' ? [] : refused);",
      },
      52,
    ],
    [
      'miscounts a slice',
      {
        file: 'contract/slice.ts',
        search: 'last[1] = Math.max(last[1], to);',
        replace: 'last[1] = Math.max(last[1], to - 1);',
      },
      152,
    ],
    [
      'overruns the deadline',
      {
        file: 'producer/delivery/deadline.ts',
        search: 'this.deliverUntilMs = endMs - ',
        replace: 'this.deliverUntilMs = endMs + ',
      },
      111,
    ],
    [
      'waits for the queue without a timeout',
      {
        file: 'runtime/batches.ts',
        search: 'callFor(waitMs, ',
        replace: 'callFor(Infinity, ',
      },
      110,
    ],
    [
      'leaves no time for the report',
      {
        file: 'producer/delivery/deadline.ts',
        search: 'this.queueUntilMs = endMs - reportReserveMs(endMs - nowMs);',
        replace: 'this.queueUntilMs = endMs - 50;',
      },
      110,
    ],
    [
      'forgets what is left over',
      {
        file: 'producer/invocation/invocation.ts',
        search: 'await options.queues.sendSlices(work.leftOver, ',
        replace: 'await options.queues.sendSlices([], ',
      },
      128,
    ],
    [
      'makes no report when the queue fails',
      {
        file: 'producer/invocation/invocation.ts',
        search: 'const made = report(work, sent.queued, options);',
        replace:
          "if (sent.unqueued.length > 0) throw new WorkQueueError('no'); const made = report(work, sent.queued, options);",
      },
      159,
    ],
    [
      'calls queued what the queue did not take',
      {
        file: 'runtime/batches.ts',
        search: 'giveUp(left);',
        replace: 'onTaken(left);',
      },
      110,
    ],
    [
      'calls undelivered what the queue took',
      {
        file: 'runtime/batches.ts',
        search: 'onTaken(taken.map(',
        replace: 'onTaken(taken.slice(1).map(',
      },
      128,
    ],
    [
      'sends messages twice and no more',
      {
        file: 'runtime/batches.ts',
        search: 'for (let attempt = 1; ',
        replace: 'for (let attempt = 1; attempt <= 2 && ',
      },
      43,
    ],
    [
      'sends no message any more after a call that failed',
      {
        file: 'runtime/batches.ts',
        search: 'endMs - clock.now() >= leastCallMs',
        replace: '!lastFailure && endMs - clock.now() >= leastCallMs',
      },
      43,
    ],
    [
      'sends messages again that the queue refused for good',
      {
        file: 'runtime/batches.ts',
        search: 'left = again.map(',
        replace: 'left = [...sent.keys()].filter((place) => !taken.includes(place)).map(',
      },
      47,
    ],
    [
      'hides why the queue failed',
      { file: 'producer/invocation/failure-text.ts', search: 'queueFailure?.message ?? ', replace: '' },
      159,
    ],
    [
      'gives no payload to send again what is undelivered',
      {
        file: 'producer/invocation/failure-text.ts',
        search: '.slice(0, maxPayloads)',
        replace: '.slice(0, 0)',
      },
      152,
    ],
    [
      'forgets the rate of what is undelivered',
      {
        file: 'producer/invocation/failure-text.ts',
        search: '{ runId, from, to, eventsPerSecond }',
        replace: '{ runId, from, to }',
      },
      152,
    ],
    [
      'forgets the rate of what is left over',
      {
        file: 'producer/invocation/invocation.ts',
        search: 'map(([from, to]) => ({ ...slice, from, to }))',
        replace: 'map(([from, to]) => ({ runId: slice.runId, from, to }))',
      },
      152,
    ],
    [
      'sends the same slice again for each message that left it over',
      {
        file: 'producer/invocation/left-over.ts',
        search: 'mergeSlices(ofRun).flatMap(([from, to]) => {',
        replace: 'ofRun.flatMap(({ from, to }) => {',
      },
      49,
    ],
    [
      'forgets one of the slices that messages left over',
      {
        file: 'producer/invocation/left-over.ts',
        search: 'ofRun.push(slice);',
        replace: 'if (ofRun.length < 2) ofRun.push(slice);',
      },
      135,
    ],
    [
      'logs a failed message without its run',
      { file: 'producer/invocation/invocation.ts', search: '...(runId && { runId }),', replace: '' },
      152,
    ],
    [
      'tells the queue that every message was processed',
      { file: 'producer/invocation/invocation.ts', search: 'failed.push(messageId);', replace: '' },
      91,
    ],
    [
      'puts more into a request than AWS takes',
      {
        file: 'producer/packing/packing.ts',
        search: ", maxRecordsPerRequest } from '../../contract/firehose-limits.ts';",
        replace: " } from '../../contract/firehose-limits.ts';\nconst maxRecordsPerRequest = 600;",
      },
      74,
    ],
    [
      'generates other events than those of the run',
      {
        file: 'producer/invocation/produce.ts',
        search: 'deliveryStreamName, slice.runId)',
        replace: "deliveryStreamName, 'another-run')",
      },
      141,
    ],
    [
      'draws the values of a template by the place in the request',
      {
        file: 'template/event-template.ts',
        search: 'this.#drawBlocks(from + first, last - first);',
        replace: 'this.#drawBlocks(first, last - first);',
      },
      98,
    ],
    [
      'sends lines of a template that are cut',
      {
        file: 'template/event-template.ts',
        search: 'if (end > target.length) {',
        replace: 'if (end > target.length + 3) {',
      },
      74,
    ],
    [
      'lets requests in although the gate is closed',
      {
        file: 'producer/delivery/gate.ts',
        search: 'this.#closed.abort();',
        replace: '',
      },
      159,
    ],
    [
      'sends records again although the gate is closed',
      { file: 'producer/delivery/gate.ts', search: 'return isOpen;', replace: 'return true;' },
      145,
    ],
  ])('notices a producer that %s', async (_, sabotage, firstSeed) => {
    // Prepare
    const run = await buildSimulation(sabotage);

    // Act
    const violation = await firstViolation(run, 200, firstSeed);

    // Assess
    expect(violation).toBeDefined();
  });

  it('is not fooled by a sabotage that changes nothing', async () => {
    await expect(
      buildSimulation({ file: 'contract/slice.ts', search: 'no such code', replace: '' }),
    ).rejects.toThrow('does not say once');
  });
});
