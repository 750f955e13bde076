import { describe, expect, it } from 'vitest';
import type { MadeFor } from '../../../lambda/contract/made-for.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { madeForOf } from '../../../lambda/template/deployed.ts';
import { eventTimeMs } from '../../proof/factories.ts';
import { createClaim, createEnvironment, ProverWorld } from '../factories.ts';

const hourMs = 3_600_000;

const environment = createEnvironment();
const template = '{"id":"{{random.uuid}}","n":{{index}}}';

/** A prover of this template, in whose bucket the events of the default template are. */
function createWorld(): ProverWorld {
  const world = new ProverWorld({}, createTemplateReader(compileTemplate(template)), template);
  world.landEvents(0, 100);
  return world;
}

const gaps = createClaim({
  slices: [
    [0, 40],
    [50, 100],
  ],
});

describe('a claim that was made for another template or stream', () => {
  it.each<[string, MadeFor]>([
    ['template', madeForOf(environment)],
    ['stream', madeForOf({ ...environment, deliveryStreamName: 'other-stream' }, template)],
  ])('(%s) is unproven, never lost, and its letters still say what it was made for', async (_, madeFor) => {
    // Prepare
    const world = createWorld();

    // Act: at the first check, the producer may have been deployed before the prover
    const first = await world.check([gaps], { madeFor });
    world.nowMs = gaps.sentToMs + 360_000;
    const second = await world.check([gaps], { madeFor, receiveCount: 9 });

    // Assess
    expect([first, second, world.verdicts]).toEqual([[0], [], ['waiting', 'unproven']]);
    expect(world.opened).toEqual([]);
    expect(world.deadLetters.map((body) => JSON.parse(body))).toEqual([
      {
        runId: 'run-1',
        slices: [
          [0, 40],
          [50, 100],
        ],
      },
    ]);
    expect(new Set(world.lettersMadeFor)).toEqual(new Set([JSON.stringify(madeFor)]));
    expect(world.lines.at(-1)).toMatchObject({
      level: 'error',
      text: expect.stringContaining('it may not have been made for this deployment'),
      fields: {
        missing: 90,
        misfit: `made for ${JSON.stringify(madeFor)}, but this deployment is ${JSON.stringify(madeForOf(environment, template))}`,
      },
    });
    expect(['eventsLost', 'linesCorrupt', 'eventsProven', 'eventsSettled'].map(metricOf(world))).toEqual([
      ...[0, 0, 0, 90],
    ]);
  });

  it('says nothing about the claims beside it', async () => {
    // Prepare
    const world = new ProverWorld();
    world.landEvents(0, 100);
    world.nowMs = eventTimeMs + hourMs;

    // Act
    await world.check([createClaim()], { madeFor: madeForOf(environment, template) });
    await world.check([createClaim()], { madeFor: madeForOf(environment) });

    // Assess
    expect(world.verdicts).toEqual(['unproven', 'proven']);
  });
});

describe('a claim whose events may be elsewhere or others', () => {
  it.each([
    ['objects had another prefix', undefined, madeForOf({ ...environment, prefix: 'old/' })],
    ['it has no attribute, and the template is not the default one', template, undefined],
  ])('is proven if they are there, and never lost: %s', async (_, source, madeFor) => {
    // Prepare
    const world = source === undefined ? new ProverWorld() : createWorld();
    const check = (hours: number) => {
      world.nowMs = eventTimeMs + hours * hourMs;
      return world.check([createClaim({ slices: [[0, 101]] })], { madeFor });
    };
    world.landEvents(0, 90);

    // Act
    const kept = [await check(24), await check(26)];

    // Assess
    expect([kept, world.verdicts]).toEqual([
      [[0], []],
      ['waiting', 'unproven'],
    ]);
    expect(world.metric('eventsLost')).toBe(0);
    expect(world.lettersMadeFor.every((letter) => letter === (madeFor && JSON.stringify(madeFor)))).toBe(
      true,
    );
    if (source === undefined) {
      world.landEvents(90, 101);
      expect(await check(26)).toEqual([]);
      expect(world.verdicts.at(-1)).toBe('proven');
    }
  });

  it('is lost as before if it has no attribute, and the template is the default one', async () => {
    // Prepare: a message of version 0.1.0
    const world = new ProverWorld();
    world.nowMs = 1795485600073 + 26 * hourMs;
    const body = '{"runId":"run-1","slices":[[0,5000]],"sentFromMs":1795485600000,"sentToMs":1795485600073}';

    // Act
    const kept = await world.check([body], { queuedAtMs: 1795485600080 });

    // Assess
    expect([kept, world.verdicts]).toEqual([[], ['lost']]);
    expect([world.deadLetters, world.lettersMadeFor]).toEqual([
      ['{"runId":"run-1","from":0,"to":5000}'],
      [undefined],
    ]);
  });
});

function metricOf(world: ProverWorld) {
  return (name: string) => world.metric(name as Parameters<ProverWorld['metric']>[0]);
}
