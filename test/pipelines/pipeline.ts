import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Match } from '../../lambda/contract/claim.ts';
import { partitionText } from '../../lambda/contract/key-prefix.ts';
import type { RecordFormat, Separator } from '../../lambda/contract/record-format.ts';
import { createDefaultPacker } from '../../lambda/producer/events/default-events.ts';
import { createTemplatePacker } from '../../lambda/producer/events/template-events.ts';
import { parseEnvironment } from '../../lambda/prover/claims/environment.ts';
import { createDefaultReader } from '../../lambda/prover/lines/default-lines.ts';
import { createIdReader } from '../../lambda/prover/lines/id-text.ts';
import { createTemplateReader } from '../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../lambda/template/compile.ts';
import { madeForOf } from '../../lambda/template/deployed.ts';
import type { DeliveryStreamSettings } from '../../lib/emulator/firehose/delivery-stream.ts';
import { sourceNamed } from '../../lib/proof/source.ts';
import { exitStatus, verdict } from '../../lib/proof/summary.ts';
import { verify } from '../../lib/proof/verify.ts';
import { makeStream } from '../emulator/firehose/factories.ts';
import { createRun } from '../proof/factories.ts';
import { createClaim, ProverWorld, proverEnvironment } from '../prover/factories.ts';

/** A stream with other writers, as people have it. */
export interface Pipeline {
  /** Settings of the stream. */
  readonly stream?: Partial<DeliveryStreamSettings>;
  /** Records of others, put before, between and after ours. */
  readonly before?: readonly (Buffer | string)[];
  readonly between?: readonly (Buffer | string)[];
  readonly after?: readonly (Buffer | string)[];
  readonly transform?: (record: Buffer) => Buffer;
  /** Changes the bytes of objects, for example to another format. */
  readonly convert?: (bytes: Buffer) => Buffer;
  /** An object of others beside ours. */
  readonly neighbour?: Buffer;
  readonly match?: Match;
  readonly recordFormat?: RecordFormat;
  readonly separator?: Separator;
  readonly template?: string;
  /** When the events are sent, in milliseconds since 1970. */
  readonly atMs?: number;
}

/** What happens to {@link damagedEvent} before it is put. */
export type Damage = 'removed' | 'changed';

export const damagedEvent = 50;
const events = 100;

const [minuteMs, hourMs] = [60_000, 3_600_000];

/** An object with our events may have begun so much earlier with a neighbour's record. */
const bufferingSeconds = 300;

/** Sends events through a pipeline, and asks the prover, at once and after a day, and `verify`. */
export async function runPipeline(pipeline: Pipeline, damage?: Damage) {
  const { template, match, neighbour, convert = (bytes: Buffer) => bytes } = pipeline;
  const { atMs = Date.parse('2026-11-22T10:00:00Z') } = pipeline;
  const { stream, bucket } = await deliver(pipeline, atMs, damage);
  const { prefix, customTimeZone, partitionKeys } = stream.settings;
  const environment = parseEnvironment({
    ...proverEnvironment,
    ...{ PREFIX: prefix, BUFFERING_SECONDS: String(bufferingSeconds), SHARED: 'true' },
    ...(customTimeZone && { PREFIX_TIME_ZONE: customTimeZone }),
    ...(partitionKeys && prefix.includes('partitionKey') && { PARTITION: partitionText(partitionKeys) }),
    ...(match && { MATCH: match }),
  });
  const createTextReader = template ? createTemplateReader(compileTemplate(template)) : createDefaultReader;
  const createReader = environment.match === 'id' ? createIdReader : createTextReader;
  const world = new ProverWorld(environment, createReader, template);
  const landedAtMs = atMs + 10_000;
  const land = (key: string, body: Buffer) => {
    const path = join(bucket, key);
    writeFileSync(path, body);
    utimesSync(path, landedAtMs / 1_000, landedAtMs / 1_000);
    world.objects.set(key, { body, landedAtMs });
  };
  for (const key of stream.totals.keys) {
    land(key, convert(readFileSync(join(bucket, key))));
  }
  if (neighbour) {
    land(`${stream.totals.keys[0]}-of-others`, neighbour);
  }
  const claim = createClaim({ slices: [[0, events]], sentFromMs: atMs, sentToMs: atMs + 1_000 });
  const check = async (nowMs: number, receiveCount: number) => {
    world.nowMs = nowMs;
    await world.check([claim], {
      queuedAtMs: atMs + 1_000,
      receiveCount,
      madeFor: madeForOf(environment, template),
    });
    const [eventsLate, eventsLost, linesCorrupt] = (
      ['eventsLate', 'eventsLost', 'linesCorrupt'] as const
    ).map((field) => world.metric(field));
    const { unreadObjects = [] } = world.lines.findLast(({ fields }) => 'verdict' in fields)!.fields;
    return { verdict: world.verdicts.at(-1), eventsLate, eventsLost, linesCorrupt, unreadObjects };
  };
  const first = await check(atMs + bufferingSeconds * 1_000 + minuteMs, 1);
  const dayAfter = first.verdict === 'proven' ? undefined : await check(atMs + 26 * hourMs, 50);
  const { proof } = await verify(
    {
      source: sourceNamed(bucket),
      isShared: true,
      runs: [createRun({ to: events })],
      ...(template && { eventTemplate: template }),
      ...(match && { match }),
      ...{ exactlyOnce: true, waitMs: 0 },
    },
    { now: () => world.nowMs, sleep: async () => {}, onProgress: () => {} },
  );
  return {
    ...{ first, dayAfter, letters: world.deadLetters.map((letter) => JSON.parse(letter)) },
    verify: {
      word: verdict(proof).word,
      status: exitStatus(proof),
      missing: proof.runs[0]!.missingRanges,
      corrupt: proof.corruptLineCount + proof.corruptObjectCount,
    },
  };
}

async function deliver(pipeline: Pipeline, atMs: number, damage?: Damage) {
  const { before = [], between = [], after = [], transform } = pipeline;
  let nowMs = atMs - (bufferingSeconds - 10) * 1_000;
  const made = makeStream(
    {
      compression: 'UNCOMPRESSED',
      errorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      ...pipeline.stream,
    },
    { now: () => nowMs, ...(transform && { transform }) },
  );
  const { stream } = made;
  const put = (records: readonly (Buffer | string)[]) =>
    stream.put(records.map((record) => Buffer.from(record as string)));
  await put(before);
  nowMs = atMs;
  const ours = recordsOf(pipeline, atMs, damage);
  await put(ours.flatMap((record, place) => (place === 0 ? [record] : [...between, record])));
  await put(after);
  await stream.close();
  return made;
}

/** The producer's records, of three slices. */
function recordsOf(
  { recordFormat = 'ndjson', separator, template }: Pipeline,
  atMs: number,
  damage?: Damage,
): Buffer[] {
  const createPacker = template ? createTemplatePacker(compileTemplate(template)) : createDefaultPacker;
  const pack = createPacker(recordFormat, 'my-stream', 'run-1', separator);
  const slices = [
    [0, 40],
    [40, 45],
    [45, events],
  ] as const;
  const room = { dataBytes: 1e6, jsonBytes: 2e6 };
  return slices.flatMap(([from, to]) =>
    pack({ from, to }, room, atMs).flatMap((record) => {
      const place = damagedEvent - record.from;
      if (damage === undefined || place < 0 || damagedEvent >= record.to) {
        return [record.data];
      }
      const isGzip = recordFormat === 'gzip';
      const lines = (isGzip ? gunzipSync(record.data) : record.data).toString().match(/\n*[^\n]+\n/g)!;
      // Its last byte before the line break.
      lines[place] = damage === 'removed' ? '' : lines[place]!.replace(/.\n$/, '#\n');
      const data = Buffer.from(lines.join(''));
      return data.length === 0 ? [] : [isGzip ? gzipSync(data) : data];
    }),
  );
}
