import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ReadingError } from '../../../lambda/prover/claims/prover.ts';
import { createGzip, createLines, eventTimeMs } from '../../proof/factories.ts';
import { createClaim, ProverWorld } from '../factories.ts';

const hourMs = 3_600_000;

const cut = createGzip(createLines()).subarray(0, 500);
const tooLarge = gzipSync(gzipSync(Buffer.alloc(16e6), { level: 9 }), { level: 9 });

/** Content that cannot be read, and why. */
const unreadable: readonly (readonly [reason: string, body: Buffer])[] = [
  ['damaged: gzip: unexpected end of file', cut],
  ['damaged: expands to more than 1100 times its size', tooLarge],
  ['damaged: ZIP: unexpected end of file', Buffer.from('PK\x03\x04', 'latin1')],
  ['Parquet', Buffer.from('PAR1\x15\x04\x15\x10PAR1', 'latin1')],
  ['Avro', Buffer.from('Obj\x01\x04\x16avro.schema', 'latin1')],
];

/** Errors of S3 that concern one object. */
const denied: readonly (readonly [reason: string, name: string, message: string])[] = [
  ['not accessible: AccessDenied', 'AccessDenied', 'Access Denied'],
  [
    'not accessible: AccessDenied kms:Decrypt',
    'AccessDenied',
    'User: arn:aws:sts::1:assumed-role/prover is not authorized to perform: kms:Decrypt on resource: …',
  ],
  [
    'not accessible: InvalidObjectState',
    'InvalidObjectState',
    "The operation is not valid for the object's storage class",
  ],
  ['not accessible: KMS.DisabledException', 'KMS.DisabledException', 'the key is disabled'],
];

/** A shared bucket with half of the events, and two objects of others. */
function createWorld(body: string | Buffer, isShared = true) {
  const world = new ProverWorld({ isShared });
  world.landEvents(0, 50);
  const keys = [world.land(body), world.land(body)];
  return { world, keys };
}

/** Checks the claim as often as its age asks for. */
const checkAt = (world: ProverWorld, ageHours: number, receiveCount = 100) => {
  world.nowMs = eventTimeMs + ageHours * hourMs;
  return world.check([createClaim()], { receiveCount });
};

describe('a claim in a shared bucket with content that cannot be read', () => {
  it.each(unreadable)('waits as long as a lost one, then is unproven: %s', async (reason, body) => {
    // Prepare
    const { world, keys } = createWorld(body);
    const unreadObjects = [`2 objects are ${reason} (${keys[0]}, …)`];

    // Act
    const first = await checkAt(world, 0.1, 1);
    const late = world.metric('eventsLate');
    const last = await checkAt(world, 26);

    // Assess
    expect([first, last, late]).toEqual([[0], [], 50]);
    expect(world.lines).toMatchObject([
      { level: 'info', fields: { verdict: 'waiting', objectsUnread: 2, unreadObjects } },
      { level: 'error', fields: { verdict: 'unproven', objectsUnread: 2, unreadObjects } },
    ]);
    expect(world.deadLetters).toEqual(['{"runId":"run-1","from":50,"to":100}']);
    expect([world.metric('eventsLost'), world.metric('linesCorrupt')]).toEqual([0, 0]);
  });

  it.each(unreadable)('is proven if its events are elsewhere, without a warning: %s', async (_, body) => {
    const { world } = createWorld(body);
    world.landEvents(50, 100);

    expect(await checkAt(world, 0.1, 1)).toEqual([]);

    expect(world.lines.map(({ level, text }) => [level, text])).toEqual([['info', 'claim proven']]);
  });

  it('counts each reason', async () => {
    const { world, keys } = createWorld(cut);
    const other = world.land('Obj\x01');

    await checkAt(world, 0.1);

    expect(world.lines[0]!.fields.unreadObjects).toEqual([
      `2 objects are damaged: gzip: unexpected end of file (${keys[0]}, …)`,
      `1 object is Avro (${other})`,
    ]);
  });
});

describe('a claim in a shared bucket with objects that the prover may not read', () => {
  it.each(denied)('waits until it expires, then is unproven: %s', async (reason, name, message) => {
    // Prepare
    const { world, keys } = createWorld('x');
    world.onOpen = (key) => {
      if (keys.includes(key)) {
        throw Object.assign(new Error(message), { name });
      }
    };

    // Act
    const kept = [await checkAt(world, 0.1, 1), await checkAt(world, 26), await checkAt(world, 6 * 24)];

    // Assess
    expect(kept).toEqual([[0], [0], []]);
    expect(world.verdicts).toEqual(['waiting', 'waiting', 'unproven']);
    expect(world.lines.at(-1)!.fields.unreadObjects).toEqual([`2 objects are ${reason} (${keys[0]}, …)`]);
    expect(world.metric('eventsLost')).toBe(0);
  });

  it('fails for another reason, which is an error of the prover', async () => {
    const { world, keys } = createWorld('x');
    world.onOpen = (key) => {
      if (keys.includes(key)) {
        throw new Error(`no connection for ${key}`);
      }
    };
    await expect(checkAt(world, 26)).rejects.toThrow(ReadingError);
    expect(world.verdicts).toEqual(['waiting']);
  });

  it('names at most eleven reasons', async () => {
    const world = new ProverWorld({ isShared: true });
    for (let order = 0; order < 15; order += 1) {
      world.land('x');
    }
    world.onOpen = (key) => {
      throw new Error(`no connection for ${key}`);
    };
    await expect(checkAt(world, 26)).rejects.toThrow(ReadingError);
    const reasons = world.lines.at(-1)!.fields.unreadObjects as string[];
    expect([reasons.length, reasons[0]]).toEqual([
      11,
      expect.stringMatching(/^5 objects are not readable \(/),
    ]);
  });
});

describe("a claim in the stack's own bucket", () => {
  it.each([
    ['gzip: unexpected end of file', cut],
    ['ZIP: unexpected end of file', Buffer.from('PK\x03\x04', 'latin1')],
    ['Parquet: expected plain lines, gzip, ZIP or Snappy', Buffer.from('PAR1\x15', 'latin1')],
  ])('is lost beside damaged objects, which are corrupt: %s', async (damage, body) => {
    const { world } = createWorld(body, false);

    await checkAt(world, 26, 1);

    expect(world.verdicts).toEqual(['lost']);
    const line = world.lines.find((each) => each.text === 'objects have corrupt lines');
    expect(line?.fields).toMatchObject({ objectsCorrupt: 2, corruptObjects: [{ damage }, { damage }] });
  });
});
