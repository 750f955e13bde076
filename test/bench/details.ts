import type { RecordFormat } from '../../lambda/contract/record-format.ts';
import { contenders, type RowName } from './contenders.ts';
import { type Experiment, inTurns, type Laboratory } from './harness.ts';
import { atMost, type Section, show } from './section.ts';
import { type Figures, mediansOf } from './statistics.ts';

const packedFormats = ['ndjson', 'gzip'] as const;
const stageRounds = 5;
const stageEvents = 2_000_000;
const scalingEvents = [1e4, 1e5, 1e6, 1e7];
const scalingRounds = 3;
const invocations = { module: 'functions', workload: 'invocations', events: 10_000, warmUpEvents: 5_000 };
const invocationEvents = 100;

async function measure(laboratory: Laboratory, rounds: number, experiments: readonly Experiment[]) {
  const observed = await inTurns(rounds, experiments, (experiment) => laboratory.measure(experiment));
  return observed.map((results) => mediansOf(results, 'durationMs', 'cpuMicros', 'peakRssMiB'));
}

function stage(workload: string, format: RecordFormat): Experiment {
  const environment = { RECORD_FORMAT: format };
  return { module: 'stages', workload, events: stageEvents, warmUpEvents: stageEvents / 4, environment };
}

export async function measureStages(laboratory: Laboratory): Promise<Section> {
  const experiments = [stage('generation', 'ndjson'), invocations];
  const [generated, invoked] = await measure(laboratory, stageRounds, experiments);
  const generationNanos = (generated!.durationMs * 1e6) / stageEvents;
  const invocationMs = invoked!.durationMs / (invocations.events / invocationEvents);
  return {
    title: 'Stages alone',
    table: [
      ['alone', 'takes'],
      ['generation', `${show(generationNanos)} ns/event`],
      ['an invocation of 100 events, warm', `${show(invocationMs, 2)} ms`],
    ],
    targets: [
      atMost('generation alone', 120, generationNanos, 0, 'ns/event'),
      atMost('invocation of 100 events, warm', 5, invocationMs, 2, 'ms'),
    ],
  };
}

/** CPU time of the work that every producer must do, and of the whole invocation. */
export async function measureNecessaryWork(
  laboratory: Laboratory,
  rows: Readonly<Record<RowName, Figures>>,
): Promise<Section> {
  const { events, description: _, ...limit } = contenders.limit;
  const figures = [];
  for (const format of packedFormats) {
    const socket = { ...limit, events: events.full, warmUpEvents: events.full / 4 };
    const experiments = [
      ...['packing', 'base64', 'sha256'].map((workload) => stage(workload, format)),
      { ...socket, environment: { RECORD_FORMAT: format } },
    ];
    const measured = await measure(laboratory, stageRounds, experiments);
    const nanos = measured.map(({ cpuMicros }, place) => (cpuMicros * 1e3) / experiments[place]!.events);
    const together = nanos.reduce((sum, value) => sum + value, 0);
    figures.push({ format, nanos, together, ours: rows[`ours-${format}`].cpuMicrosPerEvent * 1e3 });
  }
  return {
    text: `Every producer has to do the following work for an event. Each part is measured alone: generation and packing, base64, SHA-256
for the signature, sending prepared bodies to sockets (the row \`limit\`). The last column is the whole invocation.`,
    table: [
      ['CPU ns/event', 'packing', 'base64', 'SHA-256', 'socket', 'together', 'ours'],
      ...figures.map(({ format, nanos, together, ours }) => [
        format,
        ...[...nanos, together, ours].map((value) => show(value)),
      ]),
    ],
    targets: figures.map(({ format, together, ours }) =>
      atMost(`CPU / necessary work, ${format}`, 2, ours / together, 2),
    ),
  };
}

export async function measureScaling(laboratory: Laboratory): Promise<Section> {
  const experiments = scalingEvents.map((events) => ({ module: 'functions', workload: 'ours', events }));
  const measured = await measure(laboratory, scalingRounds, experiments);
  const [peakBefore, peak] = measured.slice(-2).map(({ peakRssMiB }) => peakRssMiB);
  return {
    title: 'More and more events',
    text: 'Each in a new process, cold. Time is linear. Memory grows a little, and does not follow the number of events.',
    table: [
      ['events', 'ms', 'µs/event', 'peak MiB'],
      ...measured.map(({ durationMs, peakRssMiB }, place) => {
        const events = scalingEvents[place]!;
        return [show(events), show(durationMs), show((durationMs * 1e3) / events, 2), show(peakRssMiB, 1)];
      }),
    ],
    targets: [
      atMost('memory, 10⁷ events / 10⁶', 1.05, peak! / peakBefore!, 3),
      atMost('memory, 10⁷ events', 160, peak!, 0, 'MiB'),
    ],
  };
}
