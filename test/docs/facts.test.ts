import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settings } from '../../lambda/contract/deployment-settings.ts';
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
