import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { eventBytes, recordFormats } from '../../../lambda/contract/record-format.ts';
import { bodyFormat } from '../../../lambda/producer/delivery/aws/firehose.ts';
import { encodeRequestBody } from '../../../lambda/producer/delivery/aws/put-records.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import type { RecordBatch } from '../../../lambda/producer/packing/records.ts';
import { Comparison } from '../../../lambda/prover/comparison/comparison.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { defaultTemplate } from '../../../lambda/template/deployed.ts';
import { findWordFunction } from '../../../lambda/template/word-functions.ts';
import type { Workload } from '../measured-process.ts';
import { requestsOf } from './run-events.ts';

const { TEMPLATE_FILE, RECORD_FORMAT = 'ndjson' } = process.env;
const source = TEMPLATE_FILE ? readFileSync(TEMPLATE_FILE, 'utf8') : defaultTemplate;
const isDefault = source.trim() === defaultTemplate;
const template = compileTemplate(source, { findWordFunction });
const recordFormat = recordFormats.find((format) => format === RECORD_FORMAT)!;
const run = { deliveryStreamName: 'my-stream', runId: 'run-1' };
const nothingSent = { events: 0, checksum: 0 };
const eventsPerRecord = 451;

/** Size of the pieces that gunzip returns. */
const pieceBytes = 128 * 1_024;

/** Generation alone: the events of one record at a time, into the same buffer. */
export const generation: Workload = async ({ events, measure }) => {
  const target = Buffer.alloc(eventsPerRecord * eventBytes);
  await measure(() => {
    const writeEvents = createEventWriter(run.deliveryStreamName, run.runId, 0);
    for (let made = 0; made < events; made += eventsPerRecord) {
      writeEvents(target, Date.now());
    }
  });
  return nothingSent;
};

export const packing: Workload = async ({ events, measure }) => {
  await measure(() => {
    for (const _ of requestsOfRun(events)) {
      // Making the requests is the work.
    }
  });
  return nothingSent;
};

export const base64: Workload = repeatForRequests((batch) => () => {
  for (const { data } of batch) {
    data.toString('base64');
  }
});

/** SHA-256 of request bodies, as for their signatures. */
export const sha256: Workload = repeatForRequests((batch) => {
  const body = encodeRequestBody(bodyFormat(run.deliveryStreamName), batch);
  return () => createHash('sha256').update(body).digest('hex');
});

/** Comparison of lines in memory, without reading and gunzip. */
export const proving: Workload = async ({ events, measure }) => {
  const text = Buffer.concat([...requestsOfRun(events)].flat().map(({ data }) => data));
  await measure(() => {
    const createReader = isDefault ? createDefaultReader : createTemplateReader(template);
    const comparison = new Comparison([{ ...run, from: 0, to: events }], createReader);
    const object = comparison.startObject({ key: 'all', landedAtMs: Date.now(), bytes: text.length });
    for (let at = 0; at < text.length; at += pieceBytes) {
      object.push(text.subarray(at, at + pieceBytes));
    }
    object.end();
    if (comparison.missing > 0) {
      throw new Error(`${comparison.missing} of ${events} events are missing`);
    }
  });
  return nothingSent;
};

/** Repeats the work for one request as often as the run has requests. */
function repeatForRequests(prepare: (batch: RecordBatch) => () => unknown): Workload {
  return async ({ events, measure }) => {
    const batch = requestsOfRun(events).next().value!;
    const rounds = Math.ceil(events / (batch.at(-1)!.to - batch[0]!.from));
    const work = prepare(batch);
    await measure(() => {
      for (let round = 0; round < rounds; round += 1) {
        work();
      }
    });
    return nothingSent;
  };
}

function requestsOfRun(events: number) {
  const createPacker = isDefault ? createDefaultPacker : createTemplatePacker(template);
  return requestsOf(createPacker(recordFormat, run.deliveryStreamName, run.runId), events);
}
