import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkTemplate } from '../../lib/template/check-template.ts';
import { eventsOf } from './factories.ts';
import { judge } from './fuzz/judge.ts';

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');

/** Calls of the functions of KDG, with our form of their texts, or our refusal after `!`. */
const calls = [
  ...read('kdg-functions.txt').matchAll(/^(\w+\.\w.*?) \| (?!\w+\.\w)(.*?)(?: => (.*))?$/gm),
].flatMap(([, names, form, ours = form]) => names!.split(' | ').map((call) => ({ call, ours: ours! })));
const [refused, offered] = [true, false].map((is) => calls.filter(({ ours }) => ours.startsWith('!') === is));

/** Templates, some of them with the refusal that is expected. */
const templates = read('kdg-templates.txt')
  .split(/^=== /m)
  .slice(1)
  .map((text) => {
    const [title = '', refusal] = text.split('\n', 1)[0]!.split(' => ');
    return { title, refusal, source: text.slice(text.indexOf('\n') + 1, -1) };
  });

describe('the functions of KDG', () => {
  it.each(offered!)('write what KDG writes, or its form of today: $call', ({ call, ours }) => {
    const form = new RegExp(`^(?:${ours})$`, 'u');
    const values = eventsOf(`{{${call}}}{{random.uuid}}`, 0, 40).map((event) => event.slice(0, -36));

    expect(values.filter((value) => !form.test(value))).toEqual([]);
  });

  it.each(refused!)('are refused with the nearest one: $call', ({ call, ours }) => {
    const check = () => checkTemplate(`{{random.uuid}} {{${call}}}`);

    expect(check).toThrow(/^1:17 .*$/);
    expect(check).toThrow(ours.slice(1));
  });

  it('are all of them, beside random.uuid', () => {
    expect(new Set(calls.map(({ call }) => call.split('(')[0]))).toHaveLength(140);
  });
});

describe('a template of a workshop', () => {
  it.each(templates.filter(({ refusal }) => refusal))(
    'is refused with the place and the remedy: $title',
    ({ source, refusal }) => {
      expect(() => checkTemplate(source)).toThrow(/^\d+:\d+ .*$/);
      expect(() => checkTemplate(source)).toThrow(refusal);
    },
  );

  it.each(templates.filter(({ refusal }) => !refusal))(
    'writes events that are proven: $title',
    ({ source }) => {
      // Prepare
      let complete = source;
      if (!source.includes('random.uuid')) {
        expect(() => checkTemplate(source)).toThrow(/^\d+:\d+ no UUID, .*\{\{random\.uuid\}\}/);
        complete = /^\s*\{[^{]/.test(source)
          ? source.replace('{', '{"eventId":"{{random.uuid}}",')
          : `${source} {{random.uuid}}`;
      }

      // Act
      const verdict = judge({ source: complete, isValid: true, shape: undefined }, 1);

      // Assess
      expect(verdict).toMatchObject({ isAccepted: true, faults: [] });
    },
  );
});
