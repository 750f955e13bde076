import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultSchedule, settings } from '../../lambda/contract/deployment-settings.ts';
import { maxEventsPerRecord } from '../../lambda/contract/targets.ts';
import { costsOf } from '../cost/factories.ts';

const text = readFileSync('README.md', 'utf8');

/** The figures of a row of a table of docs/benchmarks.md. */
function measured(section: string, row: string): number[] {
  const table = readFileSync('docs/benchmarks.md', 'utf8').split(`## ${section}\n`)[1]!;
  const line = table.split('\n').find((cells) => cells.startsWith(`| ${row} `))!;
  const [, , ...cells] = line.split('|');
  return cells.map((cell) => Number.parseFloat(cell));
}

describe('README.md', () => {
  it('has at most 150 lines and 1,000 words', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
    expect(text.trim().split(/\s+/).length).toBeLessThanOrEqual(1_000);
  });

  it('has no figure but those of the code and of the measurements', () => {
    // Prepare
    const { usdPerMonth: usd } = costsOf('ndjson');
    const [ndjsonBill] = measured('Targets', 'one-by-one bill / ours, ndjson ≥ 74');
    const [gzipBill] = measured('Targets', 'one-by-one bill / ours, gzip ≥ 245');
    const [quota, refused] = measured('As in Lambda', 'ndjson');
    expect(quota).toBeGreaterThan(100);
    const [gzipBytes] = measured('Targets', 'record data, gzip ≤ 20.6 bytes/event');
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(defaultSchedule).toBe('rate(5 minutes)');

    // Assess
    for (const part of [
      `[1/${Math.floor(ndjsonBill!)}]`,
      '1/245',
      `${refused} % of the records are refused`,
      `${(68 / gzipBytes!).toFixed(1)} times the events`,
      `[$${usd.total.toFixed(2)}]`,
      `$${(usd.alarms + usd.metrics).toFixed(2)} of it`,
      `${(settings.count.default * 12 * 24).toLocaleString('en-US')} events a day`,
      `${settings.count.default} events every 5 minutes`,
      `up to ${maxEventsPerRecord} events`,
      `Node ${engines.node.replace('>=', '')} or newer`,
    ]) {
      expect(text.replaceAll(/\s+/g, ' ')).toContain(part);
    }
    expect(gzipBill).toBeGreaterThan(245);
  });
});
