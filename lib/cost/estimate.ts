import { type MonitoringLevel, settings } from '../../lambda/contract/deployment-settings.ts';
import { lambdaUsd } from '../../lambda/contract/invocation.ts';
import type { RecordFormat } from '../../lambda/contract/record-format.ts';
import { usdOf } from '../../lambda/contract/targets.ts';
import { athenaMinBytes, athenaTbBytes, hoursPerMonth, memoryMiBPerCpu } from '../aws/billing.ts';
import type { Prices } from '../aws/prices.ts';
import { quotas } from '../aws/quotas.ts';
import { type Frequency, frequencyOf } from '../aws/schedule.ts';
import { billedBytesOf, type EventSizes, type FormatFigures, formatFiguresOf } from './format-figures.ts';
import { daysPerMonth, keepingUsd } from './keeping.ts';
import { provingOf, provingUsd } from './proving.ts';
import { type Watching, watchingOf } from './watching.ts';

export interface CostQuestion {
  /** Events of a run, from 1. */
  readonly count: number;
  readonly sizes: EventSizes;
  /** `rate(…)` or `cron(…)` of EventBridge Scheduler, or `off` for none. */
  readonly schedule: string;
  readonly monitoring: MonitoringLevel;
  /** Whether events are proven. */
  readonly proof: boolean;
  readonly prices: Prices;
}

/** Parts of the bill of a month. `sqs` and `s3` are without the proof's requests. */
type MonthPart =
  | ('firehose' | 'lambda' | 'sqs' | 'proof' | 'metrics' | 'alarms' | 'dashboards')
  | keyof ReturnType<typeof keepingUsd>;

/** Costs in one record format, in US dollars. */
export interface FormatCosts {
  readonly recordFormat: RecordFormat;
  /** Bytes of a run that Firehose bills. */
  readonly billedBytes: number;
  /** Invocations of a run. */
  readonly invocations: number;
  /** Total duration of the invocations of a run. */
  readonly lambdaSeconds: number;
  /** A run, by service. */
  readonly usdPerRun: Record<'firehose' | 'lambda' | 'sqs' | 'total', number>;
  /** Fraction of the cost of the same run with one event per record; `null` if that is free. */
  readonly partOfSingle: number | null;
  /** A month, by service: all runs of the schedule, and fixed costs. */
  readonly usdPerMonth: Record<MonthPart | 'total', number>;
  /** Data of the schedule, as a share of the stream's quota in us-east-1. Above 1 the work queue grows without limit. */
  readonly quotaShare: number;
}

export interface CostEstimate extends CostQuestion {
  /** Runs in a month of 730 hours. */
  readonly runsPerMonth: number;
  readonly watching: Watching;
  /** An Athena query over the objects of a day, which are always compressed, in US dollars. */
  readonly querying: { readonly bytesPerDay: number; readonly usd: number };
  /** Each record format; the last one is one event per record. */
  readonly formats: readonly FormatCosts[];
}

const memoryMiB = settings.memorySize.default;
const eventsPerSlice = settings.eventsPerSlice.default;
const maxConcurrency = settings.maxConcurrency.default;

/** Time that an invocation waits for responses, beside the stream's pace: an assumption, the same as the simulation's. */
export const responseSeconds = 0.04;

/** The quota of record data. In every format, the quotas of records and requests are reached later. */
export const quotaBytesPerSecond = quotas['us-east-1'].bytes;

export const cpuShare = memoryMiB / memoryMiBPerCpu;

export const memoryGb = memoryMiB / 1_024;

/** Send, receive, delete. */
const requestsPerMessage = 3;

/**
 * Requests by which Lambda polls an empty queue: five pollers that wait 20 s each. Without a maximum concurrency Lambda
 * may go down to two.
 *
 * @see https://repost.aws/knowledge-center/sqs-high-charges
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export const pollsPerMonth = 5 * 3 * 60 * hoursPerMonth;

/**
 * Estimates the costs in each record format with the stack's defaults: nothing refused, nothing sent twice, no free
 * tier. Data transfer is not included.
 *
 * @throws Error if `schedule` is invalid.
 */
export function estimateCosts(question: CostQuestion): CostEstimate {
  const { count, sizes, schedule, monitoring, proof, prices } = question;
  const { runsPerMonth, activeHoursPerMonth } = checkFrequency(schedule);
  const bytesPerDay = ((count * runsPerMonth) / daysPerMonth) * sizes.gzipEventBytes;
  const watching = watchingOf(monitoring, schedule !== 'off', proof);
  const slices = Math.ceil(count / eventsPerSlice);
  const figures = formatFiguresOf(sizes);
  const runs = (Object.keys(figures) as RecordFormat[]).map((recordFormat) => ({
    recordFormat,
    ...estimateRun(figures[recordFormat], question),
  }));
  const singleUsd = runs.find(({ recordFormat }) => recordFormat === 'single')!.usdPerRun.total;
  const pollsUsd = pollsPerMonth * prices.sqsUsdPerRequest;
  const proofUsd = proof
    ? runsPerMonth * provingUsd(provingOf(count, slices, sizes.meanEventBytes), prices) + pollsUsd
    : 0;
  const perMonth = (usdPerRun: FormatCosts['usdPerRun'], invocations: number): Record<MonthPart, number> => {
    const kept = keepingUsd({ events: count, invocations, claims: proof ? slices : 0 }, sizes, prices);
    return {
      firehose: usdPerRun.firehose * runsPerMonth,
      lambda: usdPerRun.lambda * runsPerMonth,
      scheduler: kept.scheduler * runsPerMonth,
      sqs: usdPerRun.sqs * runsPerMonth + pollsUsd,
      proof: proofUsd,
      s3: kept.s3 * runsPerMonth,
      logs: kept.logs * runsPerMonth,
      // A metric is billed for each hour with a value.
      metrics: watching.metrics * prices.cloudWatchUsdPerMetricMonth * (activeHoursPerMonth / hoursPerMonth),
      alarms: watching.alarmMetrics * prices.cloudWatchUsdPerAlarmMetricMonth,
      dashboards: watching.dashboards * prices.cloudWatchUsdPerDashboardMonth,
    };
  };
  return {
    count,
    sizes,
    schedule,
    monitoring,
    proof,
    runsPerMonth,
    watching,
    querying: {
      bytesPerDay,
      usd: (Math.max(bytesPerDay, athenaMinBytes) / athenaTbBytes) * prices.athenaUsdPerTb,
    },
    formats: runs.map((run) => ({
      ...run,
      partOfSingle: singleUsd === 0 ? null : run.usdPerRun.total / singleUsd,
      usdPerMonth: withTotal(perMonth(run.usdPerRun, run.invocations)),
      quotaShare: (quotaSecondsOf(count, figures[run.recordFormat]) * runsPerMonth) / (hoursPerMonth * 3_600),
    })),
    prices,
  };
}

function checkFrequency(schedule: string): Pick<Frequency, 'runsPerMonth' | 'activeHoursPerMonth'> {
  if (schedule === 'off') {
    return { runsPerMonth: 0, activeHoursPerMonth: 0 };
  }
  const frequency = frequencyOf(schedule);
  if (frequency === undefined) {
    throw new Error(`schedule is "${schedule}": expected rate(…), cron(…) or off`);
  }
  return frequency;
}

function estimateRun(figures: FormatFigures, { count, prices }: CostQuestion) {
  const slices = Math.ceil(count / eventsPerSlice);
  const messages = slices === 1 ? 0 : slices;
  // A run of several slices takes one more invocation, which cuts it.
  const invocations = slices === 1 ? 1 : slices + 1;
  const billedBytes =
    Math.floor(count / eventsPerSlice) * billedBytesOf(eventsPerSlice, figures) +
    billedBytesOf(count % eventsPerSlice, figures);
  // Concurrent invocations share the stream, and each is paid for while it waits.
  const paceSeconds = quotaSecondsOf(count, figures) * Math.min(slices, maxConcurrency);
  const cpuSeconds = (count * figures.cpuMicrosPerEvent) / 1e6 / cpuShare;
  const lambdaSeconds = Math.max(paceSeconds, cpuSeconds) + invocations * responseSeconds;
  return {
    billedBytes,
    invocations,
    lambdaSeconds,
    usdPerRun: withTotal({
      firehose: usdOf(billedBytes, prices.firehoseUsdPerGb),
      lambda:
        lambdaUsd(lambdaSeconds * 1_000, memoryMiB, prices.lambdaUsdPerGbSecond) +
        invocations * prices.lambdaUsdPerRequest,
      sqs: requestsPerMessage * messages * prices.sqsUsdPerRequest,
    }),
  };
}

function quotaSecondsOf(count: number, { bytesPerEvent }: FormatFigures): number {
  return (count * bytesPerEvent) / quotaBytesPerSecond;
}

function withTotal<T extends Record<string, number>>(parts: T): T & { total: number } {
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}
