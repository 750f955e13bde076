import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Scope, sourceNamed } from '../../lib/proof/source.ts';
import { verify } from '../../lib/proof/verify.ts';
import { type StandIn, type StandInObject, type StandInState, startStandIn } from './aws-stand-in.ts';
import { createGzip, createLines, createRun, eventTimeMs } from './factories.ts';

let state: StandInState;
let standIn: StandIn;

beforeEach(async () => {
  state = { objects: new Map() };
  standIn = await startStandIn(state);
  vi.stubEnv('AWS_ENDPOINT_URL', standIn.endpointUrl);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});

afterEach(() => {
  vi.unstubAllEnvs();
  standIn.close();
});

const createObject = (overrides: Partial<StandInObject> = {}): StandInObject => ({
  body: createGzip(createLines()),
  landedAtMs: eventTimeMs + 30_000,
  ...overrides,
});

const createSource = (address = 's3://my-bucket/events/', scope?: Scope) => sourceNamed(address, scope);

const list = (source = createSource()) => Readable.from(source.list()).toArray();

describe('a bucket as a source', () => {
  it('lists every page of the objects under the prefix, and those under the error prefix', async () => {
    // Prepare
    const object = createObject();
    const keys = [
      'errors/processing-failed/x',
      ...Array.from('abcde', (name) => `events/datehour=2026-11-22-10/${name} ü&.gz`),
    ];
    for (const key of [...keys, 'others/a']) {
      state.objects.set(key, object);
    }

    // Act
    const objects = await list();

    // Assess
    expect(objects.map(({ key }) => key).sort()).toEqual(keys);
    expect(objects[0]).toMatchObject({ landedAtMs: object.landedAtMs, bytes: object.body.length });
  });

  it.each(['s3://my-bucket', 's3://my-bucket/', 's3://my-bucket/errors/'])(
    'lists nothing twice: %s',
    async (address) => {
      state.objects.set('errors/processing-failed/x', createObject());
      const objects = await list(createSource(address));
      expect(objects).toHaveLength(1);
    },
  );

  it('names the remedy when there is no region', async () => {
    // Prepare
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
      vi.stubEnv(name, undefined);
    }
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) {
      vi.stubEnv(name, '/nowhere');
    }

    // Act and assess
    await expect(list()).rejects.toMatchObject({
      message:
        'listing s3://my-bucket/events/: Region is missing: set AWS_REGION, for example AWS_REGION=us-east-1',
    });
  });

  it('skips folders and objects that landed too early, with 15 minutes for clocks', async () => {
    // Prepare
    const earliestMs = eventTimeMs - 15 * 60_000;
    state.objects.set('events/', createObject({ body: Buffer.alloc(0) }));
    state.objects.set('events/early', createObject({ landedAtMs: earliestMs - 1 }));
    state.objects.set('events/late', createObject({ landedAtMs: earliestMs }));

    // Act
    const objects = await list(createSource('s3://my-bucket/events/', { sinceMs: eventTimeMs }));

    // Assess
    expect(objects.map(({ key }) => key)).toEqual(['events/late']);
  });

  it('lists the hours that may hold events of a stream, from a time until now, and no others', async () => {
    // Prepare
    vi.setSystemTime(eventTimeMs + 3_600_000);
    const naming = { prefix: 'raw/!{timestamp:yyyy/MM/dd/HH}/', bufferingSeconds: 60 };
    for (const hour of ['08', '09', '10', '11', '12']) {
      state.objects.set(`raw/2026/11/22/${hour}/a`, createObject());
    }

    // Act
    const objects = await list(createSource('s3://my-bucket/raw/', { sinceMs: eventTimeMs, naming }));
    vi.useRealTimers();

    // Assess
    expect(objects.map(({ key }) => key)).toEqual(
      ['09', '10', '11'].map((hour) => `raw/2026/11/22/${hour}/a`),
    );
    expect(standIn.requests.filter((request) => request.includes('prefix=raw/&'))).toEqual([]);
  });

  it('lists as many hours before the sending if the target is a Kinesis stream', async () => {
    // Prepare
    vi.setSystemTime(eventTimeMs + 3_600_000);
    const naming = {
      prefix: 'raw/!{timestamp:yyyy/MM/dd/HH}/',
      ...{ bufferingSeconds: 60, target: 'kinesis' as const },
    };
    for (const hour of ['07', '08', '11', '12']) {
      state.objects.set(`raw/2026/11/22/${hour}/a`, createObject());
    }

    // Act
    const objects = await list(createSource('s3://my-bucket/raw/', { sinceMs: eventTimeMs, naming }));
    vi.useRealTimers();

    // Assess
    expect(objects.map(({ key }) => key)).toEqual(['08', '11'].map((hour) => `raw/2026/11/22/${hour}/a`));
  });

  it("does not take the errors folder of a shared bucket for the stream's", async () => {
    state.objects.set('errors/processing-failed/x', createObject());
    const objects = await list(createSource('s3://my-bucket/events/', { isShared: true }));
    expect(objects).toEqual([]);
  });

  it('reads an object whose key needs escaping, and names the bucket in the path', async () => {
    // Prepare
    state.objects.set('events/datehour=2026-11-22-10/a ü&+.gz', createObject({ body: Buffer.from('abc') }));

    // Act
    const content = await buffer(
      await createSource().open({ key: 'events/datehour=2026-11-22-10/a ü&+.gz' }),
    );

    // Assess
    expect(content.toString()).toBe('abc');
    expect(standIn.requests[0]).toMatch(/^GET \/my-bucket\/events\/datehour=2026-11-22-10\/a ü&\+\.gz/);
  });

  it.each([
    [
      'there is no such bucket',
      's3://your-bucket/',
      {},
      /^listing s3:\/\/your-bucket\/: NoSuchBucket: The specified/,
    ],
    [
      'it may not be listed',
      's3://my-bucket/',
      { isListable: false },
      /^listing s3:\/\/my-bucket\/: AccessDenied: Access Denied$/,
    ],
  ])('cannot be read when %s', async (_, address, change, message) => {
    // Prepare
    Object.assign(state, change);

    // Act
    const listing = list(createSource(address));

    // Assess
    await expect(listing).rejects.toMatchObject({
      name: 'UnanswerableError',
      message: expect.stringMatching(message),
    });
  });

  it.each(['s3://', 's3://B', 'https://example.com/', 's3:/bucket'])('cannot be %s', (address) => {
    expect(() => sourceNamed(address)).toThrow(
      /expected s3:\/\/bucket\/prefix, for example s3:\/\/my-bucket\/events\/$/,
    );
  });

  it('proves whether every event arrived', async () => {
    // Prepare
    const lines = createLines();
    state.objects.set('events/a.gz', createObject({ body: createGzip(lines.slice(0, 40)) }));
    state.objects.set('events/b.gz', createObject({ body: createGzip(lines.slice(41)) }));

    // Act
    const { proof } = await verify(
      { source: createSource(), runs: [createRun()], exactlyOnce: false, waitMs: 0 },
      { now: Date.now, sleep: async () => {}, onProgress: () => {} },
    );

    // Assess
    expect(proof).toMatchObject({
      complete: false,
      objects: 2,
      runs: [{ missing: 1, missingRanges: [[40, 41]] }],
    });
    expect(proof.latencyMs.max).toBe(30_000);
  });

  it('fails when a connection breaks off, which does not make the object corrupt', async () => {
    // Prepare
    state.objects.set('events/a.gz', createObject({ breakAfterBytes: 200 }));

    // Act
    const verification = verify(
      { source: createSource(), runs: [createRun()], exactlyOnce: false, waitMs: 0 },
      { now: Date.now, sleep: async () => {}, onProgress: () => {} },
    );

    // Assess
    await expect(verification).rejects.toMatchObject({
      name: 'UnanswerableError',
      message: expect.stringMatching(/^reading events\/a\.gz: /),
    });
  });
});
