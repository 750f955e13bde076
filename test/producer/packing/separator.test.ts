import { describe, expect, it } from 'vitest';
import { type RecordFormat, recordFormats } from '../../../lambda/contract/record-format.ts';
import { targets } from '../../../lambda/contract/targets.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import type { CreatePacker } from '../../../lambda/producer/packing/packing.ts';
import { checkTemplate } from '../../../lib/template/check-template.ts';
import { recordsOf, textOf } from '../factories.ts';

const { template } = checkTemplate('{"id":"{{random.uuid}}","n":{{random.number(50)}}}');

const packers: Readonly<Record<string, CreatePacker>> = {
  default: createDefaultPacker,
  custom: createTemplatePacker(template),
};

describe.each(recordFormats)('a record of %s with the separator before', (recordFormat: RecordFormat) => {
  it.each(Object.keys(packers))(
    'begins with a line break, and is the same otherwise: %s template',
    (name) => {
      // Prepare
      const slice = { from: 5, to: 3_005 };
      const before: CreatePacker = (format, stream, runId) => packers[name]!(format, stream, runId, 'before');

      // Act
      const records = recordsOf({ slice, recordFormat, createPacker: before });

      // Assess
      const texts = records.map((record) => textOf(record, recordFormat));
      const plain = recordsOf({ slice, recordFormat, createPacker: packers[name]! });
      expect(texts.filter((text) => !/^\n[^\n]/.test(text))).toEqual([]);
      expect(texts.map((text) => text.slice(1)).join('')).toBe(
        plain.map((record) => textOf(record, recordFormat)).join(''),
      );
      for (const [place, { from, to }] of records.entries()) {
        expect(from).toBe(place === 0 ? slice.from : records[place - 1]!.to);
        expect(texts[place]!.split('\n').length - 2).toBe(to - from);
      }
      expect(records.at(-1)!.to).toBe(slice.to);
    },
  );
});

it.each(Object.keys(packers))(
  'a record with the separator before is filled to what is billed: %s template',
  (name) => {
    const createPacker: CreatePacker = (format, stream, runId) =>
      packers[name]!(format, stream, runId, 'before');
    const [first] = recordsOf({ slice: { from: 0, to: 3_000 }, createPacker });

    const spare =
      targets.firehose.billingUnitBytes - (first!.data.length % targets.firehose.billingUnitBytes);
    expect(spare % targets.firehose.billingUnitBytes).toBeLessThan(100);
  },
);
