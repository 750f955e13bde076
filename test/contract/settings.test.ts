import { describe, expect, it } from 'vitest';
import { type SettingName, settings } from '../../lambda/contract/deployment-settings.ts';
import { isWholeNumber, producerSettings, type WholeNumberSetting } from '../../lambda/contract/settings.ts';
import { variables } from '../../lambda/contract/variables.ts';

const rows = Object.entries(settings) as [SettingName, WholeNumberSetting][];

/** The name of an environment variable for something that code calls so: `SHARED` for `isShared`. */
function screamingSnake(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`);
  return words.replace(/^is_/, '').toUpperCase();
}

describe('the settings', () => {
  it.each(rows)('have a default within the bounds of %s, if any', (_, { default: value, ...bounds }) => {
    expect(value === undefined || isWholeNumber(value, bounds)).toBe(true);
  });

  it.each(rows)('have an example within the bounds of %s, which is not the default', (_, setting) => {
    expect(isWholeNumber(setting.example, setting)).toBe(true);
    expect(setting.example).not.toBe(setting.default);
  });

  it.each(rows)('say in a few words what %s is', (_, { description, unit }) => {
    expect(description).toMatch(/^[a-z].{10,}[^.]$/);
    expect([undefined, 'bytes', 'seconds', 'hours', 'MiB']).toContain(unit);
  });

  it('allow by default what a run has by default', () => {
    expect(settings.count.default).toBeLessThanOrEqual(settings.maxCount.default);
  });

  it.each(Object.entries(producerSettings).map(([name, { variable }]) => [name, variable]))(
    '%s is the variable %s of the function',
    (name, variable) => {
      expect(variable).toBe(screamingSnake(name));
    },
  );

  it.each(Object.entries(variables))('%s is the variable %s of the function', (name, variable) => {
    expect(variable).toBe(screamingSnake(name));
  });

  it('share no variable', () => {
    const names = [
      ...Object.values(producerSettings).map(({ variable }) => variable),
      ...Object.values(variables),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});
