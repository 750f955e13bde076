import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { type QuestionOptions, resolveQuestion } from '../../../lib/commands/verify/question.ts';
import type { DeploymentClients } from '../../../lib/proof/deployed-stack.ts';
import { collectRunIds, parseWait } from '../../../lib/proof/options.ts';
import type { LastRun } from '../../../lib/terminal/last-run.ts';
import { createRun } from '../../proof/factories.ts';

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

describe('the question', () => {
  it('is about the last local run by default', async () => {
    expect(await resolve({}, async () => createLastRun())).toEqual({
      source: '.local/bucket',
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
    expect(one).toEqual({ source: '.local/bucket', runs: runs.slice(1) });
    expect(both).toEqual({ source: '.local/bucket', runs });
    expect(elsewhere).toEqual({ source: 'elsewhere', runs: runs.slice(1) });
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
    [collectRunIds, ''],
  ])('%o refuses %j', (parse, text) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError);
  });

  it('--run-id collects each run once', () => {
    expect(collectRunIds('b', ['a'])).toEqual(['a', 'b']);
    expect(() => collectRunIds('a', ['a'])).toThrow(InvalidArgumentError);
  });
});
