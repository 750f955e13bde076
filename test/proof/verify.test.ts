import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Source } from '../../lib/proof/source.ts';
import { exitStatus, summarize, verdict } from '../../lib/proof/summary.ts';
import { unanswerableCall } from '../../lib/proof/unanswerable.ts';
import { type Question, verify, type World } from '../../lib/proof/verify.ts';
import { createGzip, createLines, createRun, eventTimeMs } from './factories.ts';

/** A source in memory, of which objects appear as virtual time goes by. */
function createSource(
  objects: readonly { key: string; text: string; landedAtMs?: number }[],
  now: () => number,
) {
  const opened: string[] = [];
  const [open, most] = [{ count: 0 }, { count: 0 }];
  const source: Source = {
    name: 'memory',
    list: async function* () {
      for (const { key, text, landedAtMs = eventTimeMs } of objects) {
        if (landedAtMs <= now()) {
          yield { key, landedAtMs, bytes: text.length };
        }
      }
    },
    open: async ({ key }) => {
      opened.push(key);
      open.count += 1;
      most.count = Math.max(most.count, open.count);
      const bytes = Buffer.from(objects.find((object) => object.key === key)!.text, 'latin1');
      return Readable.from(
        (async function* () {
          for (let at = 0; at < bytes.length; at += 1_000) {
            await new Promise(setImmediate);
            yield bytes.subarray(at, at + 1_000);
          }
          open.count -= 1;
        })(),
      );
    },
  };
  return { source, opened, most };
}

/** Virtual time that passes only by sleeping. */
function createWorld(): World & { readonly lines: string[] } {
  let nowMs = eventTimeMs;
  const lines: string[] = [];
  return {
    lines,
    now: () => nowMs,
    sleep: async (durationMs) => {
      nowMs += durationMs;
    },
    onProgress: ({ elapsedMs, line }) => lines.push(`${elapsedMs / 1_000} s: ${line}`),
  };
}

const createQuestion = (source: Source, overrides: Partial<Question> = {}): Question => ({
  source,
  runs: [createRun()],
  exactlyOnce: false,
  waitMs: 0,
  ...overrides,
});

const text = (from: number, to: number) => createLines(createRun({ from, to })).join('');

describe('a verification', () => {
  it('lists the source once without a wait', async () => {
    // Prepare
    const world = createWorld();
    const { source } = createSource([{ key: 'a', text: text(0, 99) }], world.now);

    // Act
    const { proof } = await verify(createQuestion(source), world);

    // Assess
    expect(proof).toMatchObject({ complete: false, source: 'memory', checkedAt: '2026-11-22T10:00:00.000Z' });
    expect(world.lines).toEqual([]);
  });

  it.each([
    [100, 'COMPLETE', 0],
    [99, 'UNPROVEN', 2],
  ])(
    'of a shared bucket with objects that cannot be read and %d of 100 events is %s',
    async (present, word, status) => {
      // Prepare
      const world = createWorld();
      const { source } = createSource(
        [
          { key: 'events', text: text(0, present) },
          { key: 'damaged', text: createGzip(['x']).toString('latin1').slice(0, -1) },
          { key: 'secret', text: 'x' },
        ],
        world.now,
      );
      const open: Source['open'] = async (object) => {
        if (object.key === 'secret') {
          throw unanswerableCall('reading secret', Object.assign(new Error('No!'), { name: 'AccessDenied' }));
        }
        return source.open(object);
      };

      // Act
      const { proof } = await verify(
        createQuestion({ ...source, open }, { isShared: true, waitMs: 9 }),
        world,
      );

      // Assess
      const damage = '1 object is damaged: gzip: unexpected end of file (damaged)';
      const secret = '1 object is not accessible: AccessDenied (secret)';
      expect(proof).toMatchObject({ corruptObjectCount: 0, unreadObjects: [damage, secret] });
      expect([verdict(proof).word, exitStatus(proof)]).toEqual([word, status]);
      expect(summarize(proof)).toContain(`unread      ${damage}\n  unread      ${secret}\n`);
      expect(verdict(proof).sentence.includes(`${damage}; ${secret}`)).toBe(present < 100);
    },
  );

  it.each([
    ['bytes', 'UNPROVEN'],
    ['id', 'COMPLETE'],
  ] as const)('by %s of events that a transform changed is %s', async (match, word) => {
    const world = createWorld();
    const { source } = createSource([{ key: 'a', text: text(0, 100).replaceAll(':', ': ') }], world.now);
    const { proof } = await verify(createQuestion(source, { match }), world);
    expect(verdict(proof).word).toBe(word);
  });

  it('of a shared bucket that cannot be read for another reason cannot answer', async () => {
    const world = createWorld();
    const { source } = createSource([{ key: 'a', text: 'x' }], world.now);
    const open: Source['open'] = () => Promise.reject(new Error('connection lost'));
    await expect(verify(createQuestion({ ...source, open }, { isShared: true }), world)).rejects.toThrow(
      'reading a: connection lost',
    );
  });

  it.each([
    [[createRun({ to: 1_000_000_000_000 })], '1,000,000,000,000'],
    [[createRun({ to: 2 ** 31 }), createRun({ runId: 'run-2', to: 2 ** 31 + 1 })], '4,294,967,297'],
  ])('refuses more events than its memory holds, before it reads: %#', async (questionRuns, events) => {
    // Prepare
    const world = createWorld();
    const { source, opened } = createSource([{ key: 'a', text: '' }], world.now);

    // Act
    const verifying = verify(createQuestion(source, { runs: questionRuns }), world);

    // Assess
    await expect(verifying).rejects.toMatchObject({
      name: 'UnanswerableError',
      message: expect.stringContaining(
        `${events} events are too many to verify at once: expected at most 4,294,967,296`,
      ),
    });
    expect(opened).toEqual([]);
  });

  it('waits until no event is missing, reports progress, and reads each object once', async () => {
    // Prepare
    const world = createWorld();
    const { source, opened } = createSource(
      [
        { key: 'a', text: text(0, 40) },
        { key: 'b', text: text(40, 90), landedAtMs: eventTimeMs + 7_000 },
        { key: 'c', text: text(90, 100), landedAtMs: eventTimeMs + 61_000 },
      ],
      world.now,
    );

    // Act
    const { proof } = await verify(createQuestion(source, { waitMs: 900_000 }), world);

    // Assess
    expect(proof).toMatchObject({ complete: true, checkedAt: '2026-11-22T10:01:05.000Z' });
    expect(opened).toEqual(['a', 'b', 'c']);
    expect(world.lines[0]).toBe('0 s: 40 of 100 events found, 1 object read; waiting 900 s more at most');
    expect(world.lines[2]).toMatch(/^10 s: 90 of 100 events found, 2 objects read/);
  });

  it('ends when the time is over, after a last listing', async () => {
    // Prepare
    const world = createWorld();
    const { source } = createSource(
      [
        { key: 'a', text: text(0, 50) },
        { key: 'b', text: text(50, 99), landedAtMs: eventTimeMs + 12_000 },
      ],
      world.now,
    );

    // Act
    const { proof } = await verify(createQuestion(source, { waitMs: 12_000 }), world);

    // Assess
    expect(proof).toMatchObject({ checkedAt: '2026-11-22T10:00:12.000Z', runs: [{ missing: 1 }] });
  });

  it('does not read objects under the error prefix, and reports them', async () => {
    // Prepare
    const world = createWorld();
    const { source, opened } = createSource(
      [
        { key: 'errors/processing-failed/datehour=2026-11-22-10/x', text: 'not an event' },
        { key: 'events/a', text: text(0, 100) },
      ],
      world.now,
    );

    // Act
    const { proof } = await verify(createQuestion(source), world);

    // Assess
    expect(opened).toEqual(['events/a']);
    expect(proof).toMatchObject({
      complete: true,
      objects: 1,
      errorObjects: [{ errorType: 'processing-failed', objects: 1, bytes: 12 }],
    });
  });

  it('reads several objects side by side, but never more than eight', async () => {
    // Prepare
    const world = createWorld();
    const objects = Array.from({ length: 50 }, (_, order) => ({
      key: String(order),
      text: text(order * 2, order * 2 + 2),
    }));
    const { source, most } = createSource(objects, world.now);

    // Act
    const { proof } = await verify(createQuestion(source), world);

    // Assess
    expect(proof).toMatchObject({ complete: true, objects: 50 });
    expect(most.count).toBe(8);
  });

  it('fails when an object cannot be read', async () => {
    // Prepare
    const world = createWorld();
    const { source } = createSource([{ key: 'a', text: text(0, 100) }], world.now);
    const open = async () => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    };

    // Act
    const verification = verify(createQuestion({ ...source, open }), world);

    // Assess
    await expect(verification).rejects.toMatchObject({
      name: 'UnanswerableError',
      message: 'reading a: EACCES: permission denied',
    });
  });
});
