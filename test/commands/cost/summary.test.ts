import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { monitoringLevels } from '../../../lambda/contract/deployment-settings.ts';
import { prices } from '../../../lib/aws/prices.ts';
import { summarize } from '../../../lib/commands/cost/summary.ts';
import { watchingOf } from '../../../lib/cost/watching.ts';
import { formatDollars } from '../../../lib/terminal/text.ts';
import { costsOf, estimateOf } from '../../cost/factories.ts';

const page = readFileSync('docs/cost.md', 'utf8');

// test/stack/watching.test.ts counts them in the template.
const { metrics, alarms, alarmMetrics } = watchingOf('essential', true, true);
const watchingUsd = (metrics * 0.3 + alarmMetrics * 0.1).toFixed(2);
const totalUsd = (16.12 + 0.77 + 0.26 + 0.43 + 3.89 + Number(watchingUsd)).toFixed(2);

/** The month of a million events every 5 minutes as `ndjson`, calculated by hand: `formula = result, what it is`. */
const calculation = `
730 × 60 / 5                               = 8,760 runs
2,217 × 451 + 133                          = 1,000,000 events: 2,217 full records, and one of 133 events
451 × 68                                   = 30,668 bytes of a full record, billed as 6 × 5,120
133 × 68                                   = 9,044 bytes of the last one, billed as 2 × 5,120
2,217 × 30,720 + 10,240                    = 68,116,480 billed bytes a run
68,116,480 × 8,760 / 1,073,741,824 × 0.029 = $16.12 Firehose

1,000,000 × 68 / 5,242,880 + 0.04          = 13.01 seconds a run: the quota
1,000,000 × 0.0000004 / 0.29 + 0.04        = 1.42 seconds a run would do for the processor
13.01 × 8,760 × 0.5 × 0.0000133334 + 8,760 × 0.0000002 + 8,760 × 0.000001 = $0.77 Lambda, Scheduler

657,000 × 0.0000004                        = $0.26 SQS

68,000,000 / 67,108,864                    = 1.01 objects of 64 MiB, so two
0.3 + 1,000,000 × 0.00000035 / 0.29        = 1.51 seconds a run of the prover
1.51 × 8,760 × 0.5 × 0.0000133334 + 8,760 × 0.0000002 = 0.09 dollars for its function
8,760 × 1.4 × 0.000005 + 8,760 × 2 × 0.0000004 = 0.07 dollars for S3: lists and objects
8,760 × 3 × 0.0000004 + 657,000 × 0.0000004 = 0.27 dollars for SQS
0.09 + 0.07 + 0.27                         = $0.43 proof

1,000,000 × 20.45 × 8,760 / 1,073,741,824 × 24 × 30 / 730 = 164.55 GB that stay for 30 days
164.55 × 0.023 + 8,760 × 2 × 0.000005      = 3.87 dollars for S3: to keep and to write objects
8,760 × 5,000 / 1,073,741,824 × 0.5        = 0.02 dollars for log lines
3.87 + 0.02                                = $3.89 S3, logs

${alarmMetrics} × 0.10 + ${metrics} × 0.30                      = $${watchingUsd} ${alarms} alarms, ${metrics} metrics
16.12 + 0.77 + 0.26 + 0.43 + 3.89 + ${watchingUsd} = $${totalUsd} total, monitoring=essential
`;

/** The cells of the first row whose first cell is this. */
function firstRow(summary: string, title: string): string[] {
  const rows = summary.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.find(([, first]) => first === title)!.slice(2, -1);
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
    expect(month.filter((line) => !line.startsWith('| --'))).toHaveLength(10);
    for (const table of [month, run]) {
      expect(table.length).toBeGreaterThan(8);
      expect(new Set(table.map((line) => line.length)).size).toBe(1);
    }
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('shows the cost of each format as a fraction of one event per record', () => {
    // Act
    const parts = (count: number) => firstRow(summarize(estimateOf({ count })), 'of one event per record');

    // Assess
    expect(parts(1_000_000)).toEqual(['1/72', '1/238', '1']);
    expect(parts(1)).toEqual(['1', '1', '1']);
    expect(parts(20)).toEqual(['1/5.3', '1/5.3', '1']);
  });

  it('shows the whole bill of a Kinesis stream, and what it costs without any event', () => {
    // Act
    const provisioned = summarize(estimateOf({ target: 'kinesis', count: 1_000_000 }));
    const onDemand = summarize(estimateOf({ target: 'kinesis-on-demand', count: 1_000_000 }));

    // Assess
    expect(provisioned).toContain('1 shard x $0.015 an hour: $10.95 a month without any event');
    expect(onDemand).toContain('$0.04 an hour: $29.20 a month without any event');
    expect(firstRow(provisioned, 'Kinesis')[0]).toBe('$11.28');
    expect(firstRow(onDemand, 'Kinesis')[0]).toBe('$95.86');
    expect(firstRow(provisioned, 'Firehose')[0]).toBe('$16.11');
    expect(firstRow(provisioned, 'billed bytes of Firehose')[0]).toBe('68,085,760');
    for (const line of [...provisioned.split('\n'), ...onDemand.split('\n')]) {
      expect(line.length).toBeLessThanOrEqual(110);
    }
    expect(summarize(estimateOf())).not.toContain('Kinesis');
  });

  it('warns that a schedule exceeds the quota of a stream', () => {
    expect(summarize(estimateOf({ count: 10_000_000, schedule: 'rate(1 minute)' }))).toContain(
      "This exceeds a stream's quota in us-east-1: ndjson 2.2, single 2.2 times the quota.",
    );
    expect(summarize(estimateOf())).not.toContain('exceeds');
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
    expect(summarize(estimateOf({ schedule: 'off' }))).toMatch(/^\| a month without a schedule +\|/m);
  });
});

describe('the page about the cost', () => {
  const million = summarize(estimateOf({ count: 1_000_000 }));

  it('quotes the command as it is', () => {
    expect(page).toContain(`\`\`\`text${million.trimEnd()}\n\`\`\``.replace('text\n\n', 'text\n'));
  });

  it('prints what a calculation by hand gives, to the cent', () => {
    // Prepare
    const lines = [...calculation.matchAll(/^(.+?) += (\$?)([\d,.]+)(?: (.*))?$/gm)];

    // Assess
    expect(lines).toHaveLength(calculation.split('\n').filter(Boolean).length);
    for (const [line, formula = '', dollar, result = '', title = ''] of lines) {
      const decimals = result.split('.')[1]?.length ?? 0;
      expect(compute(formula).toFixed(decimals), line).toBe(result.replaceAll(',', ''));
      if (dollar) {
        expect(firstRow(million, title)[0], line).toBe(`$${result}`);
      }
    }
    expect(lines.at(-1)![4]).toBe('total, monitoring=essential');
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

  it.each([
    [true, ''],
    [false, '--proof off '],
  ])('has what each level of monitoring costs, with proof: %s', (proof, option) => {
    const months = monitoringLevels.map((monitoring) =>
      formatDollars(costsOf('ndjson', { proof, monitoring }).usdPerMonth.total),
    );
    expect(page).toContain(`| \`npm run cost${option && ` -- ${option.trim()}`}\` | ${months.join(' | ')} |`);
  });

  it.each([
    ['', {}],
    [' --shards 4', { target: 'kinesis', shards: 4 }],
    [' --on-demand', { target: 'kinesis-on-demand' }],
  ] as const)('has what a month costs with the options "%s"', (options, question) => {
    const { kinesis, firehose, lambda, scheduler, total } = costsOf('ndjson', {
      ...{ count: 1_000_000, ...question },
    }).usdPerMonth;
    const cells = [kinesis, firehose, lambda + scheduler, total].map(formatDollars);
    expect(page).toContain(
      `| \`npm run cost -- --count 1000000${options}\` | ${cells.join(' | ').replace(/^\$0 /, '– ')} |`,
    );
  });

  it('names what it costs to watch, to prove and to poll', () => {
    // Act
    const { proof, sqs, metrics, alarms } = costsOf('ndjson').usdPerMonth;

    // Assess
    expect(page).toContain(`${formatDollars(metrics + alarms)} of it watches`);
    expect(page).toContain(`${formatDollars(proof)} proves the events`);
    expect(page).toContain(`${formatDollars(2 * sqs)} polls two queues`);
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
