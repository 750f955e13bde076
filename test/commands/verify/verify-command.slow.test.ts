import { link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventBytes } from '../../../lambda/contract/record-format.ts';
import { createEventWriter, createUuidSource } from '../../../lambda/producer/events/events.ts';
import { gzipMember } from '../../../lambda/producer/events/gzip-member.ts';
import type { Proof } from '../../../lib/proof/proof.ts';
import { type CommandResult, runCommand } from '../../proof/command.ts';
import { createDirectory } from '../../proof/directory.ts';
import { createGzip, createLines, createRun } from '../../proof/factories.ts';

const run = createRun({ to: 200_000 });
const options = ['--stream', run.deliveryStreamName, '--run-id', run.runId, '--count', String(run.to)];
const firstOfSmallObject = 190_000;

let bucket: string;
/** The lines of the small object, the one that is tampered with. */
let lines: string[];

beforeAll(async () => {
  bucket = await mkdtemp(join(tmpdir(), 'proof-bucket-'));
  const events = Buffer.alloc(firstOfSmallObject * eventBytes);
  createEventWriter(run.deliveryStreamName, run.runId, 0)(events, Date.now());
  await mkdir(join(bucket, 'whole'));
  await writeFile(join(bucket, 'whole', 'a.gz'), gzipSync(events, { level: 1 }));
  lines = createLines({ ...run, from: firstOfSmallObject }, Date.now());
});

afterAll(() => rm(bucket, { recursive: true }));

/** Verifies the run where its small object holds something else. */
async function verifyWith(smallObject: Buffer): Promise<CommandResult & { proof: Proof }> {
  const directory = await mkdtemp(join(bucket, 'tampered-'));
  await link(join(bucket, 'whole', 'a.gz'), join(directory, 'a.gz'));
  await writeFile(join(directory, 'b.gz'), smallObject);
  const result = await runCommand('verify', ['--source', directory, ...options, '--json']);
  return { ...result, proof: JSON.parse(result.stdout) };
}

describe('npm run verify, of a run of 200,000', () => {
  it('ends with status 0 when it is complete', async () => {
    // Act
    const { status, proof } = await verifyWith(createGzip(lines));

    // Assess
    expect(status).toBe(0);
    expect(proof.runs[0]!.missingRanges).toEqual([]);
    expect(proof).toMatchObject({
      complete: true,
      objects: 2,
      foreignLines: 0,
      corruptLines: [],
      runs: [{ expected: 200_000, present: 200_000, missing: 0, duplicated: 0, extraCopies: 0 }],
    });
  });

  it('ends with status 1 and names exactly the event whose line was deleted', async () => {
    // Act
    const { status, proof } = await verifyWith(createGzip(lines.toSpliced(1_234, 1)));

    // Assess
    expect(status).toBe(1);
    expect(proof).toMatchObject({
      complete: false,
      runs: [{ missing: 1, missingRanges: [[191_234, 191_235]] }],
    });
  });

  it('ends with status 0 and one duplicate when a line is duplicated', async () => {
    const { status, proof } = await verifyWith(createGzip([...lines, lines[77]!]));
    expect(status).toBe(0);
    expect(proof).toMatchObject({ runs: [{ missing: 0, duplicated: 1, extraCopies: 1 }] });
  });

  it.each([
    ['foreign', '0', { foreignLines: 1, corruptLines: [] }],
    ['corrupt', 'x', { foreignLines: 0, corruptLines: [{ object: 'b.gz', line: 6 }] }],
  ])(
    'ends with status 1 when a byte of a UUID is garbled so that the line is %s',
    async (_, byte, expected) => {
      // Prepare
      const garbled = lines.with(5, lines[5]!.replace(/^\{"./, `{"${byte}`));
      expect(garbled[5]).not.toBe(lines[5]);

      // Act
      const { status, proof } = await verifyWith(createGzip(garbled));

      // Assess
      expect(status).toBe(1);
      expect(proof).toMatchObject({
        ...expected,
        runs: [{ missing: 1, missingRanges: [[190_005, 190_006]] }],
      });
    },
  );

  it('ends with status 1, names the object and counts the rest when gzip is cut off', async () => {
    // Prepare
    const whole = createGzip(lines);

    // Act
    const { status, proof } = await verifyWith(whole.subarray(0, whole.length / 2));

    // Assess
    expect(status).toBe(1);
    expect(proof.corruptObjects).toEqual([{ object: 'b.gz', reason: 'gzip: unexpected end of file' }]);
    expect(proof.runs[0]!.present).toBeGreaterThan(194_000);
    expect(proof.runs[0]!.missingRanges).toEqual([[proof.runs[0]!.present, 200_000]]);
  });
});

describe('npm run verify', () => {
  const small = createRun();
  const smallOptions = ['--stream', small.deliveryStreamName, '--run-id', small.runId, '--count', '100'];

  it('without options prints the proof on the last local run', async () => {
    // Prepare
    const directory = await createDirectory({
      'bucket/events/a.gz': createGzip(createLines(small, Date.now())),
    });
    const note = { report: createRun(), output: { directory: join(directory, 'bucket') } };
    await mkdir(join(directory, '.local'));
    await writeFile(join(directory, '.local', 'last-run.json'), JSON.stringify(note));

    // Act
    const { status, stdout, stderr } = await runCommand('verify', [], { cwd: directory });

    // Assess
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('COMPLETE: Each of 100 events arrived, exactly once.');
  });

  it.each([
    ['as it was sent', (member: Buffer) => member, 0],
    ['cut off', (member: Buffer) => member.subarray(0, -1), 1],
    ['with another byte in an event', (member: Buffer) => member.fill(member[1_000]! ^ 1, 1_000, 1_001), 1],
    [
      'with another byte in its CRC',
      (member: Buffer) => member.fill(member.at(-8)! ^ 1, member.length - 8, member.length - 7),
      1,
    ],
  ])("checks the producer's gzip, %s", async (_, change, expectedStatus) => {
    // Prepare
    const uuids = createUuidSource(small.deliveryStreamName, small.runId, small.from)(small.to);
    const directory = await createDirectory({ 'a.gz': change(gzipMember(uuids, Date.now())) });

    // Act
    const { status } = await runCommand('verify', ['--source', directory, ...smallOptions]);

    // Assess
    expect(status).toBe(expectedStatus);
  });

  it('checks several runs together', async () => {
    // Prepare
    const runs = ['run-1', 'run-2', 'run-3'].map((runId) => createRun({ runId }));
    const lines = runs.flatMap((each) => createLines(each, Date.now())).toSpliced(150, 1);
    const directory = await createDirectory({ a: lines.join('') });
    const ids = runs.flatMap(({ runId }) => ['--run-id', runId]);
    const question = ['--source', directory, '--stream', 'my-stream', ...ids, '--count', '100'];

    // Act
    const { status, stdout } = await runCommand('verify', [...question, '--json']);

    // Assess
    expect(status).toBe(1);
    expect((JSON.parse(stdout) as Proof).runs.map(({ missingRanges }) => missingRanges)).toEqual([
      [],
      [[50, 51]],
      [],
    ]);
  });

  it('reads what landed while the record format was changed: plain lines beside gzip, and gzip within gzip', async () => {
    // Prepare
    const parts = [0, 20, 40, 60, 80].map((from) =>
      createLines(createRun({ from, to: from + 20 }), Date.now()),
    );
    const [plain, ...members] = parts.map((part, order) =>
      order === 0 ? Buffer.from(part.join('')) : createGzip(part),
    );
    const directory = await createDirectory({
      'named-gzip.gz': Buffer.concat([plain!, members[0]!]),
      'compressed-twice.gz': gzipSync(Buffer.concat([members[1]!, members[2]!])),
      'named-plain': members[3]!,
    });

    // Act
    const { status, stdout } = await runCommand('verify', ['--source', directory, ...smallOptions, '--json']);

    // Assess
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ complete: true, objects: 3, corruptLineCount: 0 });
  });

  it.each([
    ['corrupt in the own bucket', [], 1, 'CORRUPT'],
    ['foreign in a shared one', ['--shared'], 0, 'COMPLETE'],
  ])('takes lines of others for %s', async (_, shared, expected, word) => {
    // Prepare
    const directory = await createDirectory({
      a: `theirs\n${createLines(small, Date.now()).join('')}{"theirs":1}`,
      'errors/a/b': 'theirs\n',
    });

    // Act
    const { status, stdout } = await runCommand('verify', [
      '--source',
      directory,
      ...smallOptions,
      ...shared,
    ]);

    // Assess
    expect(status).toBe(expected);
    expect(stdout).toContain(`${word}: Each of 100 events arrived`);
  });

  it('fails on a duplicate when asked for exactly once, and writes the certificate', async () => {
    // Prepare
    const lines = createLines(small, Date.now());
    const directory = await createDirectory({ a: [...lines, lines[0]].join('') });
    const html = join(directory, '.proof.html');

    // Act
    const options = ['--source', directory, ...smallOptions, '--exactly-once', '--html', html];
    const { status } = await runCommand('verify', options);

    // Assess
    expect(status).toBe(1);
    expect(await readFile(html, 'utf8')).toContain('<h1>DUPLICATED</h1>');
  });

  const invalid = (option: string, argument: string) =>
    `error: option '${option}' argument '${argument}' is invalid. Expected a `;
  const incomplete = 'error: --stream, --run-id and --count go together: give --stream and --run-id too';

  it.each([
    [['--count', '1.5'], `${invalid('--count <number>', '1.5')}whole number`],
    [['--since', 'today'], `${invalid('--since <time>', 'today').replace('a ', '')}a time in UTC`],
    [['--wait', 'long'], `${invalid('--wait <time>', 'long')}number and s, m or h`],
    [['--cuont', '5'], "error: unknown option '--cuont'"],
    [['--count', '1000000000001'], `${invalid('--count <number>', '1000000000001')}whole number`],
    [['--count', '5'], incomplete],
    // More events than the default limit of a deployment.
    [['--count', '1000000001'], incomplete],
    [['--source', '/nowhere', ...smallOptions], 'error: /nowhere: no such directory'],
    [['--source', 'gs://b/', ...smallOptions], 'error: gs://b/: expected s3://bucket/prefix'],
  ])('refuses %j with one clear line and status 2', async (args, message) => {
    // Act
    const { status, stdout, stderr } = await runCommand('verify', args);

    // Assess
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const withoutSuggestion = stderr.replace(/\n\(Did you mean .*\)/, '');
    expect(withoutSuggestion.trimEnd().split('\n')).toEqual([expect.stringContaining(message)]);
  });
});
