import { describe, expect, it } from 'vitest';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import type { CreateLineReader } from '../../../lambda/prover/comparison/line-reader.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { createLines, createRun, eventTimeMs } from '../../proof/factories.ts';
import { createClaim, ProverWorld } from '../factories.ts';

const [minuteMs, hourMs] = [60_000, 3_600_000];

/** Templates with times of any kind: a reader, and events 0 to 100 of run-1 at a time. */
const templates: [string, CreateLineReader, (timeMs: number) => string][] = [
  ['the default template', createDefaultReader, (timeMs) => createLines(createRun(), timeMs).join('')],
  ...[
    '{"id":"{{random.uuid}}","time":"{{date.now}}"}',
    '{"id":"{{random.uuid}}","ms":{{date.epoch("ms")}}}',
    '{{random.uuid}},{{date.utc("YYYY-MM-DD")}},{{date.utc("HH:mm:ss")}}',
  ].map((source): (typeof templates)[number] => {
    const template = compileTemplate(source);
    const write = (timeMs: number) => {
      const pack = createTemplatePacker(template)('ndjson', 'my-stream', 'run-1');
      const records = pack({ from: 0, to: 100 }, { dataBytes: 1e6, jsonBytes: 2e6 }, timeMs);
      return Buffer.concat(records.map(({ data }) => data)).toString('latin1');
    };
    return [source, createTemplateReader(template), write];
  }),
];

describe.each(templates)('a wrong proven: the time in an event of %s', (_, createReader, linesAt) => {
  /** Checks a claim whose events have a time and landed a minute after it was sent. */
  async function check(timeMs: number, landedAtMs = eventTimeMs + minuteMs) {
    const world = new ProverWorld({}, createReader);
    world.nowMs = eventTimeMs + 26 * hourMs;
    world.land(linesAt(timeMs), { landedAtMs });
    await world.check([createClaim()]);
    return {
      verdict: world.verdicts[0],
      corrupt: world.metric('linesCorrupt'),
      latencies: world.metrics.get('DeliveryLatency') ?? [],
    };
  }

  it.each([
    ['year 9999', Date.UTC(9_999, 0, 1)],
    ['an hour after landing', eventTimeMs + minuteMs + hourMs],
    ['6 minutes after landing', eventTimeMs + 7.1 * minuteMs],
    ['two days before the claim', eventTimeMs - 48 * hourMs],
    ['1971', Date.UTC(1_971, 0, 1)],
  ])('is impossible: %s', async (_when, timeMs) => {
    expect(await check(timeMs)).toEqual({ verdict: 'lost', corrupt: 100, latencies: [] });
  });

  it.each([
    ['an hour before the claim', eventTimeMs - hourMs],
    ['6 minutes before the claim', eventTimeMs - 6 * minuteMs],
    ['an hour after the claim, before landing', eventTimeMs + hourMs],
  ])('is of another invocation: %s', async (_when, timeMs) => {
    const found = await check(timeMs, eventTimeMs + 2 * hourMs);

    expect(found).toEqual({ verdict: 'lost', corrupt: 0, latencies: [] });
  });

  it.each([
    ['when the claim begins', eventTimeMs],
    ['4 minutes before the claim', eventTimeMs - 4 * minuteMs],
    ['4 minutes after the claim', eventTimeMs + 4 * minuteMs],
  ])('is right: %s', async (_when, timeMs) => {
    expect(await check(timeMs)).toMatchObject({ verdict: 'proven', corrupt: 0 });
  });

  it('is compared with the claim on its own event, not with other claims on the run', async () => {
    // Prepare: the second claim is two hours younger, but its events have the times of the first.
    const world = new ProverWorld({}, createReader);
    const lateMs = eventTimeMs + 2 * hourMs;
    world.land(linesAt(eventTimeMs), { landedAtMs: lateMs + minuteMs });
    world.nowMs = lateMs + 2 * minuteMs;

    // Act
    const kept = await world.check(
      [
        createClaim({ slices: [[0, 50]] }),
        createClaim({ slices: [[50, 100]], sentFromMs: lateMs, sentToMs: lateMs }),
      ],
      { queuedAtMs: lateMs },
    );

    // Assess
    expect([kept, world.verdicts]).toEqual([[1], ['proven', 'waiting']]);
  });

  it('has no latency if nobody knows when its object landed', async () => {
    expect(await check(eventTimeMs, Number.NaN)).toEqual({ verdict: 'proven', corrupt: 0, latencies: [] });
    expect(await check(Date.UTC(9_999, 0, 1), Number.NaN)).toMatchObject({ verdict: 'lost', corrupt: 100 });
  });
});

it('a wrong proven: year 1 with the default template', async () => {
  const world = new ProverWorld();
  world.nowMs = eventTimeMs + 26 * hourMs;
  world.land(createLines().join('').replaceAll('2026-11-22', '0001-11-22'));

  await world.check([createClaim()]);

  expect([world.verdicts, world.metric('linesCorrupt')]).toEqual([['lost'], 100]);
});

it('a wrong lost: events of a template that has no time, or only a part of it, are proven at any hour', async () => {
  const sources = [
    '{{random.uuid}}',
    '{{random.uuid}} {{date.utc("HH:mm")}}',
    '{{random.uuid}} {{date.utc("YYYY")}}',
  ];
  for (const source of sources) {
    for (let hour = 0; hour < 24; hour += 5) {
      // Prepare
      const sentMs = eventTimeMs + hour * hourMs;
      const template = compileTemplate(source);
      const world = new ProverWorld({}, createTemplateReader(template));
      const pack = createTemplatePacker(template)('ndjson', 'my-stream', 'run-1');
      const records = pack({ from: 0, to: 100 }, { dataBytes: 1e6, jsonBytes: 2e6 }, sentMs + 500);
      world.nowMs = sentMs + 24 * hourMs;
      world.land(Buffer.concat(records.map(({ data }) => data)), {
        arrivedMs: sentMs,
        landedAtMs: sentMs + 23 * hourMs,
      });

      // Act
      await world.check([createClaim({ sentFromMs: sentMs, sentToMs: sentMs + 1_000 })], {
        queuedAtMs: sentMs,
      });

      // Assess
      expect(world.verdicts).toEqual(['proven']);
    }
  }
});

it.each([
  ['2 minutes ahead, with 60 s of buffering', 2 * minuteMs, 60, 0],
  ['10 s ahead, without buffering', 10_000, 0, 0],
  ['5 minutes ahead, without buffering', 5 * minuteMs, 0, 0],
  ['5 minutes ahead, and the claim 2 s late', 5 * minuteMs + 2_000, 0, 2_000],
  ['5 minutes behind', -5 * minuteMs, 60, 0],
  ['70 minutes behind', -70 * minuteMs, 60, 0],
  ['20 hours behind', -20 * hourMs, 60, 0],
])('a wrong lost: the clock of the producer is %s', async (_, aheadMs, bufferingSeconds, claimedAfterMs) => {
  // Prepare: events whose time is wrong, and which landed as soon as they could, or after 20 hours.
  for (const landedAtMs of [eventTimeMs + bufferingSeconds * 1_000, eventTimeMs + 20 * hourMs]) {
    const world = new ProverWorld({ bufferingSeconds });
    world.land(createLines(createRun(), eventTimeMs + aheadMs).join(''), { landedAtMs });
    const claim = createClaim({ sentFromMs: eventTimeMs + aheadMs, sentToMs: eventTimeMs + aheadMs });
    const [queuedAtMs, landed] = [eventTimeMs + claimedAfterMs, [...world.objects]];

    // Act
    world.objects.clear();
    world.nowMs = eventTimeMs + 24 * hourMs;
    const early = await world.check([claim], { queuedAtMs });
    for (const [key, object] of landed) {
      world.objects.set(key, object);
    }
    const kept = await world.check([claim], { queuedAtMs });

    // Assess
    expect([early, kept, world.verdicts, world.deadLetters]).toEqual([[0], [], ['waiting', 'proven'], []]);
    expect(world.metric('linesCorrupt')).toBe(0);
  }
});
