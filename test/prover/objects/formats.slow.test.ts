import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { objectBytes } from '../../../lambda/prover/objects/object-bytes.ts';
import { compressions } from '../../../lib/emulator/firehose/compressions.ts';

const mebibyte = 2 ** 20;
const contentBytes = 500 * mebibyte;

const content = () =>
  Readable.from(
    (function* () {
      for (let at = 0; at < contentBytes; at += mebibyte) {
        yield Buffer.alloc(mebibyte, '{"a neighbour": "has much to say"}\n');
      }
    })(),
  );

it.each(['GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'] as const)(
  '500 MiB of content need little memory: %s',
  async (name) => {
    // Prepare
    const stored: Buffer[] = await content().pipe(compressions[name].create()).toArray();
    const storedBytes = stored.reduce((sum, { length }) => sum + length, 0);
    const used = () => process.memoryUsage().arrayBuffers;
    const before = used();
    let [found, most] = [0, 0];

    // Act
    for await (const { length } of objectBytes(async () => Readable.from(stored), storedBytes, 'anywhere')) {
      found += length;
      most = Math.max(most, used());
    }

    // Assess
    expect(found).toBe(contentBytes);
    expect((most - before) / mebibyte).toBeLessThan(100);
  },
  120_000,
);
