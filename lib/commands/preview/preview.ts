import type { RecordFormat } from '../../../lambda/contract/settings.ts';
import type { Slice } from '../../../lambda/contract/slice.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import type { EventTemplate } from '../../../lambda/template/event-template.ts';
import type { CheckedTemplate } from '../../template/check-template.ts';
import { formatCount, formatDollars } from '../../terminal/text.ts';

/** Which events of which run. */
export interface PreviewedRun extends Slice {
  /** The delivery stream that they would be pushed to: values depend on its name. */
  readonly deliveryStreamName: string;
  /** The run. */
  readonly runId: string;
}

const room = { dataBytes: Number.POSITIVE_INFINITY, jsonBytes: Number.POSITIVE_INFINITY };

/** Events as the producer makes them, each with its `\n`. */
export function* previewEvents(
  template: EventTemplate,
  { deliveryStreamName, runId, from, to }: PreviewedRun,
  now: () => number,
): Generator<Buffer, void> {
  const packRecords = createTemplatePacker(template)('single', deliveryStreamName, runId);
  for (let next = from; next < to; ) {
    const records = packRecords({ from: next, to }, room, now());
    yield* records.map(({ data }) => data);
    next = records.at(-1)!.to;
  }
}

/**
 * How large events are, and what a million of them costs.
 *
 * @param usdOfMillion Of each record format, in US dollars.
 * @param send The command that sends a million.
 */
export function describeEvents(
  { meanEventBytes, maxEventBytes }: CheckedTemplate,
  usdOfMillion: Readonly<Partial<Record<RecordFormat, number>>>,
  send: string,
): string {
  const costs = Object.entries(usdOfMillion).map(([format, usd]) => `${format} ${formatDollars(usd)}`);
  return [
    '',
    `  size       ${formatCount(Math.round(meanEventBytes), 'byte')} an event on average, at most ${formatCount(maxEventBytes, 'byte')}, of 1,000 that were tried`,
    `  a million  ${formatCount(Math.round(meanEventBytes), 'megabyte')}; in AWS, Firehose and Lambda at list prices: ${costs.join(', ')}`,
    `  send it    ${send}`,
  ].join('\n');
}
