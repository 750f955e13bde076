import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesPerGb } from '../../../lambda/contract/cost.ts';
import { monitoringLevels } from '../../../lambda/contract/settings.ts';
import { prices } from '../../../lib/aws/prices.ts';
import { summarize } from '../../../lib/commands/cost/summary.ts';
import { pollsPerMonth } from '../../../lib/cost/estimate.ts';
import { provingBesides, provingUsd } from '../../../lib/cost/proving.ts';
import { formatDollars } from '../../../lib/terminal/text.ts';
import { costsOf, estimateOf } from '../../cost/factories.ts';

const page = readFileSync('docs/cost.md', 'utf8');

/** The cells of the last row of a table whose first cell is this. */
function lastRow(summary: string, title: string): string[] {
  const rows = summary.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.findLast(([, first]) => first === title)!.slice(2, -1);
}

describe('dollars', () => {
  it.each([
    [0, '$0'],
    [0.00000027656, '$0.00000028'],
    [0.00184, '$0.0018'],
    [0.00999, '$0.01'],
    [0.01, '$0.01'],
    [0.138, '$0.14'],
    [3, '$3.00'],
    [1_211.357, '$1,211.36'],
  ])('%d are %s', (usd, text) => {
    expect(formatDollars(usd)).toBe(text);
  });
});

describe('what npm run cost prints', () => {
  it('has columns in line, no wider than a terminal', () => {
    // Act
    const lines = summarize(estimateOf({ count: 1_000_000_000 })).split('\n');

    // Assess
    const [run = [], month = []] = ['a run', 'a month'].map((title) => {
      const first = lines.findIndex((line) => line.startsWith(`| ${title}`));
      return lines.slice(first, lines.indexOf('', first));
    });
    for (const table of [run, month]) {
      expect(table.length).toBeGreaterThan(8);
      expect(new Set(table.map((line) => line.length)).size).toBe(1);
    }
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('says what part of one event per record each format is', () => {
    // Act
    const parts = (count: number) => lastRow(summarize(estimateOf({ count })), 'of one event per record');

    // Assess
    expect(parts(1_000_000)).toEqual(['1/72', '1/238', '1']);
    expect(parts(1)).toEqual(['1', '1', '1']);
    expect(parts(20)).toEqual(['1/5.3', '1/5.3', '1']);
  });

  it('says that a schedule asks for more than a stream takes', () => {
    expect(summarize(estimateOf({ count: 10_000_000, schedule: 'rate(1 minute)' }))).toContain(
      'That is more than a stream takes in us-east-1: ndjson 2.2, single 2.2 times its quota.',
    );
    expect(summarize(estimateOf())).not.toContain('more than a stream takes');
  });

  it('names prices that are no list prices', () => {
    // Act
    const summary = summarize(estimateOf({ prices: { ...prices, firehoseUsdPerGb: 0.031 } }));

    // Assess
    expect(summary).toContain('yours     firehoseUsdPerGb $0.031');
    expect(summary).toContain('billed bytes / 2^30 x $0.031');
    expect(summarize(estimateOf())).not.toContain('yours  ');
  });

  it('leaves runs out without a schedule', () => {
    expect(summarize(estimateOf({ schedule: 'off' }))).toContain('| a month without a schedule |');
  });
});

describe('the page about proof', () => {
  it.each([1, 10])('says what it costs to prove events among %i GB an hour of others', (gigabytes) => {
    // Prepare
    const proofPage = readFileSync('docs/proof.md', 'utf8');
    const { runsPerMonth } = estimateOf();

    // Act
    const proving = provingBesides(100, gigabytes * bytesPerGb);

    // Assess
    const usd = runsPerMonth * provingUsd(proving, prices) + pollsPerMonth * prices.sqsUsdPerRequest;
    expect(proofPage).toContain(
      `| ${gigabytes} GB an hour | ${proving.objects} | ${proving.seconds.toFixed(1)} s | ${formatDollars(usd)} |`,
    );
  });
});

describe('the page about the cost', () => {
  const million = summarize(estimateOf({ count: 1_000_000 }));

  it('quotes the command as it is', () => {
    expect(page).toContain(`\`\`\`text${million.trimEnd()}\n\`\`\``.replace('text\n\n', 'text\n'));
  });

  it('calculates by hand what the command prints, to the cent', () => {
    // Prepare
    const [, calculation = ''] = /By hand, .*\n\n```text\n([^`]*)```/.exec(page) ?? [];
    const lines = [...calculation.matchAll(/^(.+?) += (\$?)([\d,.]+)(?: (.*))?$/gm)];

    // Assess
    expect(lines).toHaveLength(calculation.split('\n').filter(Boolean).length);
    for (const [line, formula = '', dollar, result = '', title = ''] of lines) {
      const decimals = result.split('.')[1]?.length ?? 0;
      expect(compute(formula).toFixed(decimals), line).toBe(result.replaceAll(',', ''));
      if (dollar) {
        expect(lastRow(million, title)[0], line).toBe(`$${result}`);
      }
    }
    expect(lines.at(-1)![4]).toBe('together');
  });

  it('names what the default costs', () => {
    // Act
    const { usdPerMonth } = costsOf('ndjson');

    // Assess
    expect(page).toContain(
      `the default of 100 events every 5 minutes costs: ${formatDollars(usdPerMonth.total)} a month`,
    );
    expect(usdPerMonth.firehose + usdPerMonth.lambda).toBeLessThan(0.01);
  });

  it('says what a month costs at each level of monitoring', () => {
    // Act
    const months = monitoringLevels.map((monitoring) => costsOf('ndjson', { monitoring }).usdPerMonth.total);

    // Assess
    expect(page).toContain(
      `| \`npm run cost -- --monitoring …\` | ${months.map(formatDollars).join(' | ')} |`,
    );
  });

  it('says what a month costs without proof', () => {
    // Act
    const months = monitoringLevels.map(
      (monitoring) => costsOf('ndjson', { monitoring, proof: false }).usdPerMonth.total,
    );

    // Assess
    expect(page).toContain(
      `| \`npm run cost -- --proof off --monitoring …\` | ${months.map(formatDollars).join(' | ')} |`,
    );
  });

  it('names what it costs to prove the default, and to watch', () => {
    // Act
    const { proof, metrics, alarms, dashboards } = costsOf('ndjson').usdPerMonth;

    // Assess
    expect(page).toContain(
      `${formatDollars(metrics + alarms + dashboards)} of it watches the producer and the prover`,
    );
    expect(page).toContain(`${formatDollars(proof)} proves the events`);
  });
});

/** The value of a formula of +, × and /, × and / from left to right. */
function compute(formula: string): number {
  return formula
    .replaceAll(',', '')
    .split(' + ')
    .map((term) =>
      [...` × ${term.trim()}`.matchAll(/ ([×/]) ([\d.]+)/g)].reduce(
        (value, [, operator, factor]) => (operator === '×' ? value * Number(factor) : value / Number(factor)),
        1,
      ),
    )
    .reduce((sum, term) => sum + term, 0);
}
