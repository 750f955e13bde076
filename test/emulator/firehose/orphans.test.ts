import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DeliveryStreamSettings } from '../../../lib/emulator/firehose/delivery-stream.ts';
import { deliverOrphans } from '../../../lib/emulator/firehose/uploads-folder.ts';
import { listFiles, makeDirectory, makeStream, readObjects } from './factories.ts';

/** No process has this id: Linux gives at most 4194304. */
const goneProcess = '99999999-1';

const ArrivalMs = Date.parse('2026-01-31T23:59:59.500Z');

/** Leaves the folder of a process that was killed after it took these requests. */
async function leaveOrphan(requests: readonly string[], overrides: Partial<DeliveryStreamSettings> = {}) {
  const { stream, directory, bucket } = makeStream(overrides, { now: () => ArrivalMs });
  for (const request of requests) {
    await stream.put([Buffer.from(request)]);
  }
  const uploads = join(directory, '.uploads');
  const [folder] = readdirSync(uploads);
  const target = makeDirectory();
  const orphan = join(target, '.uploads', `${goneProcess}-abcdef`);
  cpSync(join(uploads, folder!), orphan, { recursive: true });
  const journal = listFiles(orphan).find((path) => path.endsWith('.journal'))!;
  return {
    directory: target,
    bucket: join(target, 'my-bucket'),
    journal,
    orphan,
    folder: folder!,
    stream,
    live: { directory, bucket },
  };
}

describe('what a killed process acknowledged', () => {
  it.each(['GZIP', 'UNCOMPRESSED'] as const)(
    'is delivered as it would have been, by a stream that is %s',
    async (compression) => {
      // Prepare
      const { directory, bucket } = await leaveOrphan(['a\n', '', 'b\n'], { compression, prefix: 'raw/' });

      // Act
      const paths = await deliverOrphans(directory);

      // Assess
      const extension = compression === 'GZIP' ? '\\.gz' : '';
      expect(paths).toEqual([
        expect.stringMatching(
          new RegExp(
            `/my-bucket/raw/2026/01/31/23/my-stream-1-2026-01-31-23-59-59-[0-9a-f-]{36}${extension}$`,
          ),
        ),
      ]);
      expect(readObjects(bucket)).toEqual(['a\nb\n']);
      expect(listFiles(directory)).toEqual(paths);
    },
  );

  it('is delivered without a request that was cut off, wherever that was', async () => {
    // Prepare
    const { directory, bucket, journal, orphan } = await leaveOrphan([
      '',
      'a\n',
      `${'x'.repeat(3_000_000)}\n`,
    ]);
    const bytes = readFileSync(journal);
    const headEnd = 4 + bytes.readUInt32BE();
    const [aEnd, end] = [headEnd + 4 + 4 + 2, bytes.length];

    for (const [size, expected] of [
      [0, []],
      [1, []],
      [20, []],
      [headEnd, []],
      [headEnd + 3, []],
      [headEnd + 4, ['']],
      [aEnd - 1, ['']],
      [aEnd, ['a\n']],
      [aEnd + 3, ['a\n']],
      [end - 1, ['a\n']],
      [end, [`a\n${'x'.repeat(3_000_000)}\n`]],
    ] as const) {
      mkdirSync(orphan, { recursive: true });
      writeFileSync(journal, bytes.subarray(0, size));

      // Act
      const paths = await deliverOrphans(directory);

      // Assess
      expect(readObjects(bucket), `${size} bytes`).toEqual(expected);
      expect(listFiles(directory)).toEqual(paths);
      rmSync(bucket, { recursive: true, force: true });
    }
  });

  it('is not delivered again if it was killed between delivery and clean-up', async () => {
    // Prepare
    const { directory, bucket, journal, orphan } = await leaveOrphan(['a\n']);
    const journalBytes = readFileSync(journal);
    await deliverOrphans(directory);
    mkdirSync(orphan, { recursive: true });
    writeFileSync(journal, journalBytes);

    // Act
    const paths = await deliverOrphans(directory);

    // Assess
    expect(paths).toEqual([]);
    expect(readObjects(bucket)).toEqual(['a\n']);
    expect(listFiles(join(directory, '.uploads'))).toEqual([]);
  });

  it('is delivered once when two processes start at the same time', async () => {
    // Prepare
    const { directory, bucket } = await leaveOrphan(['a\n']);

    // Act
    const paths = await Promise.all([deliverOrphans(directory), deliverOrphans(directory)]);

    // Assess
    expect(paths.flat()).toHaveLength(1);
    expect(readObjects(bucket)).toEqual(['a\n']);
  });

  it('stays, and is named, if it cannot be delivered', async () => {
    // Prepare: a file where the bucket's directory has to be.
    const { directory, bucket } = await leaveOrphan(['a\n']);
    writeFileSync(bucket, '');

    // Act
    const delivered = deliverOrphans(directory);

    // Assess
    await expect(delivered).rejects.toThrow(
      /could not deliver the records that an earlier process left in .*\.journal: E(EXIST|NOTDIR)/,
    );
    expect(listFiles(join(directory, '.uploads')).some((path) => path.endsWith('.journal'))).toBe(true);
  });
});

describe('the uploads of a process that lives', () => {
  it('are left alone', async () => {
    // Prepare
    const { live, stream } = await leaveOrphan(['a\n']);

    // Act
    const paths = await deliverOrphans(live.directory);
    await stream.put([Buffer.from('b\n')]);
    await stream.close();

    // Assess
    expect(paths).toEqual([]);
    expect(readObjects(live.bucket)).toEqual(['a\nb\n']);
  });

  it('are not those of an earlier process that had the same id', async () => {
    // Prepare
    const { directory, bucket, orphan, folder } = await leaveOrphan(['a\n']);
    renameSync(orphan, join(directory, '.uploads', folder.replace(/-\d+-/, '-1-')));

    // Act
    await deliverOrphans(directory);

    // Assess
    expect(readObjects(bucket)).toEqual(['a\n']);
  });
});

describe('a folder without uploads', () => {
  it('has nothing to deliver, and is not touched', async () => {
    const directory = makeDirectory();
    const paths = await deliverOrphans(directory);
    expect([paths, readdirSync(directory)]).toEqual([[], []]);
  });
});

describe('a stream that could not write an object', () => {
  it('keeps what it acknowledged for the next process', async () => {
    // Prepare: a file where the bucket's directory has to be.
    const { stream, directory, bucket } = makeStream();
    writeFileSync(bucket, '');
    await stream.put([Buffer.from('a\n')]);
    await stream.close().catch(() => {});
    rmSync(bucket);
    const uploads = join(directory, '.uploads');
    renameSync(join(uploads, readdirSync(uploads)[0]!), join(uploads, `${goneProcess}-abcdef`));

    // Act
    await deliverOrphans(directory);

    // Assess
    expect(readObjects(bucket)).toEqual(['a\n']);
  });
});
