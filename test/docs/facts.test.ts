import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { settings } from '../../lambda/contract/deployment-settings.ts';
import { propsFromContext } from '../../lib/stack/context.ts';
import { fullTemplateOf } from '../stack/synth.ts';

/** The cells of the row of a page's table whose first cell has this name. */
function rowOf(page: string, name: string): string[] {
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .map((line) => line.split(' | '));
  return rows.find(([first]) => first!.startsWith('| ') && first!.includes(`\`${name}\``)) ?? [];
}

const format = (number: number) => number.toLocaleString('en-US');

describe('docs/options.md', () => {
  it.each(Object.entries(settings))('has the bounds and the default of %s', (name, { min, max, ...rest }) => {
    const [, , values, initial] = rowOf('docs/options.md', name);

    expect(values).toMatch(new RegExp(`^${format(min)} to (${format(max)}|\`maxCount\`)`));
    expect(initial).toMatch('default' in rest ? new RegExp(`^${format(rest.default)}\\b`) : /^as fast/);
  });
});

describe('the table of pipelines in docs/proof.md', () => {
  const [, table = ''] = readFileSync('docs/proof.md', 'utf8').split('| your pipeline has |');
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2);
  const keys = rows.flatMap((row) => [...row.split(' | ')[1]!.matchAll(/`(\w+)/g)].map(([, key]) => key!));

  it.each([...new Set(keys)].filter((key) => key !== 'PutRecord'))('names the context key %s', (key) => {
    // A typo of a key is answered with the key.
    const readTypo = () => propsFromContext(new App({ context: { [`${key}x`]: 'a' } }));
    expect(readTypo).toThrow(`did you mean ${key}?`);
  });
});

describe('docs/operating.md', () => {
  const alarms = Object.values(fullTemplateOf().findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties,
  );

  it.each(alarms)('has the threshold and the periods of $AlarmName', (alarm) => {
    const [, fires, periods] = rowOf('docs/operating.md', alarm.AlarmName.split('-').at(-1));

    expect(fires).toMatch(new RegExp(`[<>≥] ${format(alarm.Threshold)}(\\D|$)`));
    expect(periods).toMatch(new RegExp(`^${alarm.DatapointsToAlarm} of ${alarm.EvaluationPeriods}\\b`));
  });
});
