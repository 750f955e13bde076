import { readFileSync } from 'node:fs';
import { producerSettings } from '../../../lambda/contract/settings.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import {
  createRequestSource,
  maxDataBytes,
  type RequestSource,
} from '../../../lambda/producer/packing/requests.ts';
import { Comparison } from '../../../lambda/prover/comparison/comparison.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { defaultTemplate } from '../../../lambda/template/default-template.ts';
import { findWordFunction } from '../../../lambda/template/word-functions.ts';
import type { Workload } from '../measured-process.ts';

/** The stages that templates change, without the ones after them: both functions' own. */

const source = readFileSync(process.env.TEMPLATE_FILE!, 'utf8');
const isDefault = source.trim() === defaultTemplate;
const template = compileTemplate(source, { findWordFunction });
const run = { deliveryStreamName: 'my-stream', runId: 'run-1' };

/** Size of the pieces that come out of gunzip. */
const pieceBytes = 128 * 1_024;

/** Generation, packing and batching. */
export const packing: Workload = async ({ events, measure }) => {
  await measure(() => {
    for (const _ of requestsOf(events)) {
      // Pulled, and let go: that is what is measured.
    }
  });
  return { events, checksum: 0 };
};

/** Proving, of lines that are in memory: neither reading nor gunzip. */
export const proving: Workload = async ({ events, measure }) => {
  const text = Buffer.concat([...requestsOf(events)].flat());
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
  return { events, checksum: 0 };
};

/** The record data of the requests of a run. */
function* requestsOf(events: number): Generator<Buffer[], void> {
  const maxRequestBytes = producerSettings.maxRequestBytes.default;
  const createPacker = isDefault ? createDefaultPacker : createTemplatePacker(template);
  const requests: RequestSource = createRequestSource({
    slice: { from: 0, to: events },
    maxRequestBytes,
    packRecords: createPacker('ndjson', run.deliveryStreamName, run.runId),
    now: Date.now,
  });
  const budget = { bytes: maxDataBytes(maxRequestBytes), events: Number.POSITIVE_INFINITY };
  for (let batch = requests.next(budget); batch; batch = requests.next(budget)) {
    yield batch.map(({ data }) => data);
  }
}
