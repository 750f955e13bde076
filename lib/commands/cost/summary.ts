import { monitoringLevels, settings } from '../../../lambda/contract/deployment-settings.ts';
import { recordFormatRows } from '../../../lambda/contract/record-format.ts';
import { targets } from '../../../lambda/contract/targets.ts';
import { athenaMinBytes, hoursPerMonth } from '../../aws/billing.ts';
import { prices as listPrices, type Prices, pricesSource, usdPerHourOf } from '../../aws/prices.ts';
import {
  type CostEstimate,
  cpuShare,
  estimateCosts,
  type FormatCosts,
  memoryGb,
  pollsPerMonth,
  quotaOf,
  responseSeconds,
} from '../../cost/estimate.ts';
import { defaultEventSizes, type EventSizes } from '../../cost/format-figures.ts';
import { objectDays, producerLogBytes, proverLogBytes } from '../../cost/keeping.ts';
import { listsPerClaim, proverCpu, proverMemoryMiB, proverWaitSeconds } from '../../cost/proving.ts';
import type { Watching } from '../../cost/watching.ts';
import { formatTable } from '../../terminal/table.ts';
import { formatCount, formatDollars, formatNumber } from '../../terminal/text.ts';

function formatPrice(usd: number): string {
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 20 })}`;
}

/** Formats a fraction, such as `1/72`, or `1`. */
function formatPart(part: number | null): string {
  if (part === null) {
    return '-';
  }
  const whole = 1 / part;
  return whole < 1.05 ? '1' : `1/${whole.toFixed(whole < 9.95 ? 1 : 0)}`;
}

/** The tables of costs, and how they were calculated. */
export function summarize(estimate: CostEstimate): string {
  const { count, sizes, schedule, monitoring, runsPerMonth, watching, formats, prices } = estimate;
  const row = (title: string, cell: (costs: FormatCosts) => string) => [title, ...formats.map(cell)];
  const heading = (title: string) => row(title, ({ recordFormat }) => recordFormatRows[recordFormat].title);
  const month = (title: string, usd: (costs: FormatCosts['usdPerMonth']) => number) =>
    row(title, ({ usdPerMonth }) => formatDollars(usd(usdPerMonth)));
  const runs = formatCount(Number(runsPerMonth.toFixed(1)), 'run');
  const ofKinesis = (...rows: string[][]) => (estimate.target === 'firehose' ? [] : rows);
  return [
    '',
    formatTable([
      heading(schedule === 'off' ? 'a month without a schedule' : `a month of ${runs}: ${schedule}`),
      ...ofKinesis(month('Kinesis', ({ kinesis }) => kinesis)),
      month('Firehose', ({ firehose }) => firehose),
      month('Lambda, Scheduler', ({ lambda, scheduler }) => lambda + scheduler),
      month('SQS', ({ sqs }) => sqs),
      ...(estimate.proof ? [month('proof', ({ proof }) => proof)] : []),
      month('S3, logs', ({ s3, logs }) => s3 + logs),
      month(describeWatching(watching), ({ metrics, alarms, dashboards }) => metrics + alarms + dashboards),
      month(`total, monitoring=${monitoring}`, ({ total }) => total),
      ...monitoringLevels
        .filter((level) => level !== monitoring)
        .map((level) => [
          `with monitoring=${level}`,
          ...estimateCosts({ ...estimate, monitoring: level }).formats.map(({ usdPerMonth }) =>
            formatDollars(usdPerMonth.total),
          ),
        ]),
    ]),
    '',
    formatTable([
      heading(`a run of ${formatCount(count, 'event')}${describeSize(sizes)}`),
      ...ofKinesis(row('billed bytes of Kinesis', (costs) => formatNumber(costs.kinesisBilledBytes))),
      row(`billed bytes${estimate.target === 'firehose' ? '' : ' of Firehose'}`, ({ billedBytes }) =>
        formatNumber(billedBytes),
      ),
      row('invocations', ({ invocations }) => formatNumber(invocations)),
      row('seconds in Lambda', ({ lambdaSeconds }) => formatNumber(Number(lambdaSeconds.toFixed(2)))),
      ...ofKinesis(row('Kinesis', ({ usdPerRun }) => formatDollars(usdPerRun.kinesis))),
      row('Firehose', ({ usdPerRun }) => formatDollars(usdPerRun.firehose)),
      row('Lambda', ({ usdPerRun }) => formatDollars(usdPerRun.lambda)),
      row('SQS', ({ usdPerRun }) => formatDollars(usdPerRun.sqs)),
      row('total', ({ usdPerRun }) => formatDollars(usdPerRun.total)),
      row('of one event per record', ({ partOfSingle }) => formatPart(partOfSingle)),
    ]),
    '',
    ...describeOverload(estimate),
    ...describeModel(estimate),
    ...describePrices(prices),
    '',
  ].join('\n');
}

function describeWatching({ alarms, metrics, dashboards }: Watching): string {
  const board = dashboards > 0 ? [formatCount(dashboards, 'dashboard')] : [];
  return [formatCount(alarms, 'alarm'), formatCount(metrics, 'metric'), ...board].join(', ');
}

function describeSize({ meanEventBytes }: EventSizes): string {
  return meanEventBytes === defaultEventSizes.meanEventBytes
    ? ''
    : ` of ${formatCount(Math.round(meanEventBytes), 'byte')}`;
}

function describeOverload({ formats, target }: CostEstimate): string[] {
  const shares = formats
    .filter(({ quotaShare }) => quotaShare > 1)
    .map(({ recordFormat, quotaShare }) => `${recordFormat} ${quotaShare.toFixed(1)}`);
  return shares.length === 0
    ? []
    : [
        `This exceeds a stream's quota in ${pricesSource.region}: ${shares.join(', ')} times the quota.`,
        `Slices would accumulate in the work queue: run less often, or ${target === 'firehose' ? 'ask AWS for a higher quota' : 'with more shards'}.`,
        '',
      ];
}

function describeModel(estimate: CostEstimate): string[] {
  const { formats, watching, proof, querying, prices } = estimate;
  const isCut = formats.some(({ invocations }) => invocations > 1);
  return [
    ...describeKinesis(estimate),
    `  Firehose  billed bytes / 2^30 x ${formatPrice(prices.firehoseUsdPerGb)}; each record is rounded up to ${formatNumber(targets.firehose.billingUnitBytes)} bytes. One event`,
    '            per record is the format single, or one PutRecord per event: billed alike',
    `  Lambda    ${memoryGb} GB x seconds x ${formatPrice(prices.lambdaUsdPerGbSecond)} + invocations x ${formatPrice(prices.lambdaUsdPerRequest)}; the seconds are`,
    "            what the stream's quota or the function's share of a processor takes, whichever is longer",
    `            (${formatNumber(quotaOf(estimate).bytes)} bytes of record data a second; ${cpuShare.toFixed(2)} processors), and ${responseSeconds} an invocation`,
    ...(isCut
      ? [
          `            slices share the quota, up to ${settings.maxConcurrency.default} at a time, and each is billed while it waits`,
        ]
      : []),
    `  Scheduler runs x ${formatPrice(prices.schedulerUsdPerInvocation)}`,
    `  SQS       requests x ${formatPrice(prices.sqsUsdPerRequest)}: three a slice, and ${formatNumber(pollsPerMonth)} a month by which Lambda polls for slices`,
    ...(proof ? describeProof(prices) : []),
    `  S3, logs  an object written x ${formatPrice(prices.s3UsdPerListRequest)}, kept for ${objectDays} days x ${formatPrice(prices.s3UsdPerGbMonth)} per GB and month; log lines of`,
    `            ${formatNumber(producerLogBytes)} bytes an invocation${proof ? ` and ${formatNumber(proverLogBytes)} a claim` : ''} x ${formatPrice(prices.cloudWatchUsdPerLogGb)} per GB`,
    `  alarms    ${formatCount(watching.alarmMetrics, 'metric')} under alarms x ${formatPrice(prices.cloudWatchUsdPerAlarmMetricMonth)}; the functions' own metrics x ${formatPrice(prices.cloudWatchUsdPerMetricMonth)}, billed`,
    `            by the hour in which one has a value; a dashboard ${formatPrice(prices.cloudWatchUsdPerDashboardMonth)}; a month has ${hoursPerMonth} hours`,
    `  a query   with lake=on, in Athena: bytes of objects / 10^12 x ${formatPrice(prices.athenaUsdPerTb)}, at least ${athenaMinBytes / 1e6} MB; over the`,
    `            ${formatNumber(Math.round(querying.bytesPerDay))} bytes of a day ${formatDollars(querying.usd)}`,
    '  excluded  data transfer, retries, the time that eventsPerSecond adds; no free tier is subtracted',
  ];
}

function describeKinesis({ target, shards, prices }: CostEstimate): string[] {
  const unit = formatNumber(targets[target].billingUnitBytes);
  const perMonth = `an hour: ${formatDollars(usdPerHourOf(target, shards, prices) * hoursPerMonth)} a month without any event;`;
  return {
    firehose: [],
    kinesis: [
      `  Kinesis   ${formatCount(shards, 'shard')} x ${formatPrice(prices.kinesisUsdPerShardHour)} ${perMonth}`,
      `            each record is rounded up to payload units of ${unit} bytes x ${formatPrice(prices.kinesisUsdPerPutUnit)}`,
    ],
    'kinesis-on-demand': [
      `  Kinesis   ${formatPrice(prices.kinesisOnDemandUsdPerHour)} ${perMonth} billed bytes / 2^30 x`,
      `            ${formatPrice(prices.kinesisOnDemandUsdPerGb)} put + ${formatPrice(prices.kinesisOnDemandUsdPerGbRead)} read by Firehose; each record is rounded up to ${unit} bytes`,
    ],
  }[target];
}

function describeProof(prices: Prices): string[] {
  return [
    `  proof     a claim a slice: SQS as above, an invocation of ${proverMemoryMiB / 1_024} GB for ${proverWaitSeconds} s and ${proverCpu.micros} µs of CPU for ${proverCpu.ofBytes} bytes,`,
    `            ${listsPerClaim} lists of S3 x ${formatPrice(prices.s3UsdPerListRequest)}; each object read once x ${formatPrice(prices.s3UsdPerGetRequest)}; and ${formatNumber(pollsPerMonth)} requests`,
    '            a month by which Lambda polls for claims',
  ];
}

function describePrices(prices: Prices): string[] {
  const own = (Object.keys(prices) as (keyof Prices)[]).filter((key) => prices[key] !== listPrices[key]);
  return [
    ...own.map((key) => `  yours     ${key} ${formatPrice(prices[key])}`),
    `  prices    list prices of ${pricesSource.region}, first tier, ${pricesSource.date}; for yours: -c firehoseUsdPerGb=0.031`,
    ...pricesSource.pages.map((page) => `            ${page}`),
  ];
}
