import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { type QuestionOptions, resolveQuestion } from '../../../lib/commands/verify/question.ts';
import type { DeploymentClients } from '../../../lib/proof/deployed-stack.ts';
import { collectRunIds, parseSince, parseWait } from '../../../lib/proof/options.ts';
import type { LastRun } from '../../../lib/terminal/last-run.ts';
import { createRun, eventTimeMs } from '../../proof/factories.ts';

const [defaultTemplate, iotSensor] = ['default', 'iot-sensor'].map((name) =>
  readFileSync(`docs/events/${name}.json`, 'utf8'),
);

/** The question without a deployment. */
const resolve = (options: QuestionOptions, readRun: (runId?: string) => Promise<LastRun>) =>
  resolveQuestion(options, readRun, {} as DeploymentClients);

const createLastRun = (): LastRun => ({
  report: createRun({ from: 5, to: 10 }),
  output: { directory: '.local/bucket' },
});

const deployed = {
  DELIVERY_STREAM_NAME: 'my-stream',
  COUNT: '100',
  BUCKET_NAME: 'my-bucket',
  PREFIX: 'customer=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy/MM/dd/HH}/',
  PREFIX_TIME_ZONE: 'Asia/Calcutta',
  PARTITION: 'customer=canary',
  PROOF_DELAY_SECONDS: '75',
};
const naming = {
  prefix: deployed.PREFIX,
  prefixTimeZone: 'Asia/Calcutta',
  partition: { customer: 'canary' },
  bufferingSeconds: 75,
};

describe('the question', () => {
  it('is about the last local run by default', async () => {
    expect(await resolve({}, async () => createLastRun())).toEqual({
      source: '.local/bucket',
      scope: { isShared: false },
      runs: [createRun({ from: 5, to: 10 })],
    });
  });

  it('is about the last local run somewhere else when only a source is given', async () => {
    const question = await resolve({ source: 'elsewhere' }, async () => createLastRun());

    expect(question).toMatchObject({ source: 'elsewhere', runs: [{ runId: 'run-1' }] });
  });

  it.each([
    [{}, 'of the last local run', defaultTemplate],
    [{ event: 'docs/events/iot-sensor.json' }, 'of the file that was named', iotSensor],
  ])('is about events of the template, as %j: %s', async (options, _, eventTemplate) => {
    const readLastRun = async () => ({ ...createLastRun(), eventTemplate: defaultTemplate });
    const question = await resolve(options, readLastRun);
    expect(question.eventTemplate).toBe(eventTemplate);
  });

  it('is about local runs by their ids', async () => {
    // Prepare
    const notes = new Map(
      ['a', 'b'].map((runId) => [runId, { ...createLastRun(), report: createRun({ runId }) }]),
    );
    const readRun = async (runId = '') => notes.get(runId)!;

    // Act
    const [one, both, elsewhere] = await Promise.all([
      resolve({ runId: ['b'] }, readRun),
      resolve({ runId: ['a', 'b'] }, readRun),
      resolve({ runId: ['b'], source: 'elsewhere' }, readRun),
    ]);

    // Assess
    const runs = [createRun({ runId: 'a' }), createRun({ runId: 'b' })];
    expect(one).toMatchObject({ source: '.local/bucket', runs: runs.slice(1) });
    expect(both).toMatchObject({ source: '.local/bucket', runs });
    expect(elsewhere).toMatchObject({ source: 'elsewhere', runs: runs.slice(1) });
  });

  it('says that a local run was stopped', async () => {
    const question = await resolve({}, async () => ({ ...createLastRun(), unfinished: true }));
    expect(question).toMatchObject({ unfinished: true });
  });

  it.each([
    ['buckets', { output: { directory: '/other' } }],
    ['templates', { eventTemplate: 'x' }],
  ])('is refused for local runs of different %s', async (_what, differs) => {
    const readRun = async (runId = '') => ({ ...createLastRun(), ...(runId === 'b' && differs) });
    await expect(resolve({ runId: ['a', 'b'] }, readRun)).rejects.toThrow('verify one at a time');
  });

  it('is about several runs of one stream', async () => {
    // Prepare
    const noLastRun = async () => expect.unreachable();

    // Act
    const question = await resolve(
      { source: 's3://b', stream: 'my-stream', runId: ['a', 'b'], count: 7 },
      noLastRun,
    );

    // Assess
    expect(question.runs).toEqual([createRun({ runId: 'a', to: 7 }), createRun({ runId: 'b', to: 7 })]);
  });

  it.each([
    ['of a stack with a stream of its own', {}, {}, { isShared: false, naming }],
    ['in an existing stream', { SHARED: 'true' }, {}, { isShared: true, naming }],
    [
      'of a Kinesis stream',
      { TARGET: 'kinesis' },
      {},
      { isShared: false, naming: { ...naming, target: 'kinesis' } },
    ],
    ['since a time', {}, { since: 7 }, { isShared: false, naming, sinceMs: 7 }],
    ['of which the option says that others write there', {}, { shared: true }, { isShared: true, naming }],
    ['at another place', { SHARED: 'true' }, { source: 's3://b', since: 7 }, { isShared: true, sinceMs: 7 }],
  ] as const)('is about the objects of a deployed producer %s', async (_, variables, options, scope) => {
    // Prepare
    const environment = { ...deployed, ...variables };
    const lambda = { send: async () => ({ Environment: { Variables: environment } }) };
    const clients = { lambda } as unknown as DeploymentClients;
    const asked = { function: 'f', runId: ['a'], event: 'docs/events/default.json', ...options };

    // Act
    const question = await resolveQuestion(asked, async () => expect.unreachable(), clients);

    // Assess
    expect(question.scope).toEqual(scope);
  });

  it.each([
    [{}, {}, 'bytes'],
    [{ MATCH: 'id' }, {}, 'id'],
    [{ MATCH: 'id' }, { match: 'bytes' }, 'bytes'],
    [{}, { match: 'id' }, 'id'],
  ] as const)(
    'finds events of a deployed producer with %j by what it and %j say',
    async (variables, options, match) => {
      // Prepare
      const lambda = { send: async () => ({ Environment: { Variables: { ...deployed, ...variables } } }) };
      const clients = { lambda } as unknown as DeploymentClients;
      const asked = { function: 'f', runId: ['a'], event: 'docs/events/default.json', ...options };

      // Act
      const question = await resolveQuestion(asked, async () => expect.unreachable(), clients);

      // Assess
      expect(question.match).toBe(match);
    },
  );

  it.each([
    [{ count: 7 }, 'give --stream and --run-id too'],
    [{ stream: 'my-stream', runId: ['a'] }, 'give --count too'],
    [{ count: 7, runId: ['a'] }, 'give --stream too'],
  ])('is refused if options are missing: %j', async (options, remedy) => {
    await expect(resolve(options, async () => createLastRun())).rejects.toThrow(remedy);
  });
});

describe('an option', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['0s', 0],
  ])('--wait %s is %i ms', (text, durationMs) => {
    expect(parseWait(text)).toBe(durationMs);
  });

  it.each([
    [parseWait, '15'],
    [parseWait, '15 m'],
    [parseWait, '-1s'],
    [parseWait, '1d'],
    [parseSince, '2026-11-30'],
    [parseSince, '2026-11-30T04:00:00+01:00'],
    [parseSince, '2026-13-30T04:00:00Z'],
    [collectRunIds, ''],
  ])('%o refuses %j', (parse, text) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError);
  });

  it('--since is a time in UTC', () => {
    expect(parseSince('2026-11-22T10:00:00Z')).toBe(eventTimeMs);
  });

  it('--run-id collects each run once', () => {
    expect(collectRunIds('b', ['a'])).toEqual(['a', 'b']);
    expect(() => collectRunIds('a', ['a'])).toThrow(InvalidArgumentError);
  });
});
