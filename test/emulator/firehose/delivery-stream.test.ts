import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DeliveryStream, maxUnfinishedObjects } from '../../../lib/emulator/firehose/delivery-stream.ts';
import { listFiles, makeDirectory, makeSettings, makeStream, readObjects, until } from './factories.ts';

const Mib = 1024 * 1024;

const hasPython = spawnSync('python3', ['--version']).status === 0;

afterEach(() => {
  vi.useRealTimers();
});

function toRecords(...texts: string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text));
}

describe('an object', () => {
  it.each([
    ['GZIP', 'gunzip'],
    ['UNCOMPRESSED', 'cat'],
  ] as const)(
    'of a stream that is %s is, to %s, its records and nothing else',
    async (compression, command) => {
      // Prepare
      const { stream, bucket } = makeStream({ compression });

      // Act
      await stream.put(toRecords('a\n', '', 'b\n'));
      await stream.put(toRecords('c\n'));
      await stream.flush();

      // Assess
      const [path, ...others] = listFiles(bucket);
      expect(others).toEqual([]);
      expect(execFileSync(command, { input: readFileSync(path!) }).toString()).toBe('a\nb\nc\n');
    },
  );

  it.skipIf(!hasPython)(
    'of a stream that is ZIP is one entry to Python (skipped where there is no python3)',
    async () => {
      // Prepare
      const { stream, bucket } = makeStream({ compression: 'ZIP' });
      const records = toRecords(...Array.from({ length: 500 }, (_, order) => `record ${order}\n`.repeat(50)));

      // Act
      await stream.put(records);
      await stream.flush();

      // Assess
      const script =
        'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; n, = z.namelist(); ' +
        'sys.stdout.buffer.write(z.read(n))';
      const read = execFileSync('python3', ['-c', script, listFiles(bucket)[0]!], { maxBuffer: Mib });
      expect(read.equals(Buffer.concat(records))).toBe(true);
    },
  );

  it('has a line break between records, and none after the last, if the stream has the delimiter processor', async () => {
    // Prepare
    const { stream, bucket } = makeStream({ appendDelimiter: true });

    // Act
    await stream.put(toRecords('a\n', 'b'));
    await stream.put(toRecords('c'));
    await stream.flush();
    await stream.put(toRecords('d'));
    await stream.flush();

    // Assess
    expect(readObjects(bucket).sort()).toEqual(['a\n\nb\nc', 'd']);
  });

  it('has what a transform makes of each record', async () => {
    // Prepare
    const transform = (record: Buffer) => Buffer.from(record.toString().toUpperCase());
    const { stream, bucket } = makeStream({ appendDelimiter: true }, { transform });

    // Act
    await stream.put(toRecords('a', 'b'));
    await stream.flush();

    // Assess
    expect(readObjects(bucket)).toEqual(['A\nB']);
  });

  it('is found under its bucket and key, named after the arrival of its first record', async () => {
    // Prepare
    let nowMs = Date.parse('2026-01-31T23:59:59.500Z');
    const { stream, bucket } = makeStream({}, { now: () => nowMs, newUuid: () => 'the-uuid' });

    // Act
    await stream.put(toRecords('a'));
    nowMs += 60_000;
    await stream.put(toRecords('b'));
    await stream.flush();

    // Assess
    const key = '2026/01/31/23/my-stream-1-2026-01-31-23-59-59-the-uuid.gz';
    expect(stream.totals.keys).toEqual([key]);
    expect(listFiles(bucket)).toEqual([join(bucket, key)]);
  });

  it('keeps the records of a request together and all records in the order of their arrival', async () => {
    // Prepare: requests of 1 to 7 records of up to 20 kB, an object every 100 kB.
    const { stream, directory } = makeStream({ bufferingSizeMiB: 0.1 });
    const requests = Array.from({ length: 100 }, (_unused, request) =>
      Array.from({ length: 1 + (request % 7) }, (_unused, record) =>
        Buffer.from(`${request}.${record} ${randomBytes((request * 97) % 10_000).toString('hex')}\n`),
      ),
    );

    // Act
    await Promise.all(requests.map((records) => stream.put(records)));
    await stream.flush();

    // Assess
    const objects = stream.totals.keys.map((key) =>
      gunzipSync(readFileSync(join(directory, 'my-bucket', key))).toString(),
    );
    expect(objects.length).toBeGreaterThan(10);
    const first = (object: string) => Number.parseInt(object, 10);
    const inOrder = objects.toSorted((a, b) => first(a) - first(b));
    expect(inOrder.join('')).toBe(Buffer.concat(requests.flat()).toString());
    for (const object of objects) {
      expect(object).toMatch(/^\d+\.0 /);
    }
  });

  it('is never visible in the bucket before it is complete', async () => {
    // Prepare
    const { stream, bucket } = makeStream({ bufferingSizeMiB: 0.5 });
    const bytesSeen = new Map<string, number>();
    const inspect = () => {
      for (const path of listFiles(bucket).filter((path) => !bytesSeen.has(path))) {
        bytesSeen.set(path, gunzipSync(readFileSync(path)).length);
      }
    };

    // Act
    for (let request = 0; request < 60; request++) {
      await stream.put([randomBytes(100_000)]);
      inspect();
      await setImmediate();
      inspect();
    }
    await stream.flush();
    inspect();

    // Assess
    const total = [...bytesSeen.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(bytesSeen.size).toBe(10);
    expect(total).toBe(60 * 100_000);
  });
});

describe('buffering', () => {
  it('delivers an object as soon as it holds the buffering size, before compression', async () => {
    // Prepare
    const { stream, bucket } = makeStream({ bufferingSizeMiB: 1 });

    // Act
    await stream.put([Buffer.alloc(Mib - 1, 'x')]);
    await setImmediate();
    const pathsBefore = listFiles(bucket);
    await stream.put(toRecords('y'));
    await until(() => stream.totals.keys.length === 1);
    await stream.put(toRecords('z'));
    await stream.flush();

    // Assess
    expect(pathsBefore).toEqual([]);
    expect(
      readObjects(bucket)
        .map((object) => object.length)
        .sort(),
    ).toEqual([1, Mib]);
  });

  it('delivers an object when its first record is as old as the buffering interval', async () => {
    // Prepare
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { stream, bucket } = makeStream({ bufferingIntervalSeconds: 60 });

    // Act
    await stream.put(toRecords('first'));
    vi.advanceTimersByTime(59_999);
    await stream.put(toRecords('second'));
    const keysBefore = stream.totals.keys.length;
    vi.advanceTimersByTime(1);
    await stream.put(toRecords('third'));
    await until(() => stream.totals.keys.length === 1);

    // Assess
    expect(keysBefore).toBe(0);
    expect(readObjects(bucket)).toEqual(['firstsecond']);
  });

  it('starts the interval again with the first record of the next object', async () => {
    // Prepare
    const { stream, bucket } = makeStream({ bufferingIntervalSeconds: 0.05 });

    // Act
    await stream.put(toRecords('a'));
    await until(() => stream.totals.keys.length === 1);
    await stream.put(toRecords('b'));
    await until(() => stream.totals.keys.length === 2);

    // Assess
    expect(readObjects(bucket).sort()).toEqual(['a', 'b']);
  });

  it('writes no object when nothing came', async () => {
    const { stream, directory } = makeStream({ bufferingIntervalSeconds: 0 });
    await stream.flush();
    expect(listFiles(directory)).toEqual([]);
  });
});

describe('back-pressure', () => {
  it('makes few objects at the same time, however fast records come', async () => {
    // Prepare: eight producers that wait for nothing but their responses, 40 MiB in all.
    const { stream } = makeStream({ bufferingSizeMiB: 2 });
    const record = Buffer.from(randomBytes(Mib / 2).toString('hex'));
    let mostUnfinished = 0;

    // Act
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let request = 0; request < 5; request++) {
          const put = stream.put([record]);
          mostUnfinished = Math.max(mostUnfinished, stream.unfinishedObjects);
          await put;
        }
      }),
    );
    await stream.flush();

    // Assess: gzip was slower than the producers, which waited for it. One request each may come on top, half an object.
    expect(mostUnfinished).toBeGreaterThanOrEqual(maxUnfinishedObjects);
    expect(mostUnfinished).toBeLessThanOrEqual(maxUnfinishedObjects + 8 / 2);
    expect(stream.unfinishedObjects).toBe(0);
    expect(stream.totals).toMatchObject({ recordBytes: 40 * Mib, keys: { length: 20 } });
  });
});

describe('the totals', () => {
  it('are what was taken and what lies on disk', async () => {
    // Prepare
    const { stream, bucket } = makeStream({ bufferingSizeMiB: 1 });

    // Act
    for (let request = 0; request < 5; request++) {
      await stream.put([randomBytes(300_000), randomBytes(300_000)]);
    }
    await stream.flush();

    // Assess
    const paths = listFiles(bucket);
    expect(stream.totals).toMatchObject({ records: 10, recordBytes: 3_000_000 });
    expect(stream.totals.keys.map((key) => join(bucket, key)).sort()).toEqual(paths.sort());
    expect(paths).toHaveLength(3);
    expect(stream.totals.objectBytes).toBe(paths.reduce((sum, path) => sum + statSync(path).size, 0));
  });
});

describe('closing', () => {
  it('delivers what is buffered, leaves no upload behind, and takes no more records', async () => {
    // Prepare
    const { stream, directory, bucket } = makeStream();
    await stream.put(toRecords('a'));

    // Act
    await stream.close();

    // Assess
    expect(readObjects(bucket)).toEqual(['a']);
    expect(listFiles(join(directory, '.uploads'))).toEqual([]);
    await expect(stream.put(toRecords('b'))).rejects.toThrow('Delivery stream my-stream is closed');
  });
});

describe('an object that cannot be written', () => {
  it('fails the next flush and every put after it', async () => {
    // Prepare: a file where the bucket's directory has to be.
    const { stream, bucket } = makeStream();
    writeFileSync(bucket, '');
    await stream.put(toRecords('a'));

    // Act
    const flush = stream.flush();

    // Assess
    await expect(flush).rejects.toThrow(/my-stream could not write an object to .*: E(EXIST|NOTDIR)/);
    await expect(stream.put(toRecords('b'))).rejects.toThrow('could not write an object');
    await expect(stream.close()).rejects.toThrow('could not write an object');
  });

  it('fails a put that waits for gzip', async () => {
    // Prepare: a directory where the file of the unfinished object has to be.
    const { stream, directory } = makeStream({ bufferingSizeMiB: 1 });
    await stream.put(toRecords('a'));
    mkdirSync(`${listFiles(join(directory, '.uploads'))[0]}.object`);

    // Act
    const puts = Array.from({ length: maxUnfinishedObjects }, () => stream.put([Buffer.alloc(Mib)]));

    // Assess
    await expect(puts.at(-1)).rejects.toThrow(`could not write an object to ${directory}: EISDIR`);
    await Promise.allSettled(puts);
  });

  it('fails the put whose journal cannot be written', async () => {
    // Prepare: a file where the folder of uploads has to be.
    const { stream, directory } = makeStream();
    writeFileSync(join(directory, '.uploads'), '');

    // Act
    const put = stream.put([Buffer.from('a')]);

    // Assess
    await expect(put).rejects.toThrow(/could not write an object to .*: E(EXIST|NOTDIR)/);
  });
});

describe('settings that cannot work', () => {
  it.each([
    [{ deliveryStreamName: 'a/b' }, 'deliveryStreamName is "a/b": expected the name of a delivery stream: '],
    [{ bucketName: '../elsewhere' }, 'bucketName is "../elsewhere": expected letters'],
    [{ bucketName: '.uploads' }, 'bucketName is ".uploads": expected letters'],
    [{ bufferingIntervalSeconds: 901 }, 'bufferingIntervalSeconds is 901: expected 0 to 900'],
    [{ bufferingSizeMiB: 0 }, 'bufferingSizeMiB is 0: expected more than 0 and at most 128'],
    [{ fileExtension: '/../x' }, 'fileExtension is "/../x": expected a dot'],
    [{ prefix: '!{timestamp:QQ}', errorOutputPrefix: '!{firehose:error-output-type}' }, '"QQ"'],
  ])('%j are refused at the start', (overrides, message) => {
    expect(() => new DeliveryStream(makeSettings(overrides), { directory: makeDirectory() })).toThrow(
      message,
    );
  });
});
