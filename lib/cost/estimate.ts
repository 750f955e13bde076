import { firehoseUsd, lambdaUsd } from '../../lambda/contract/cost.ts';
import { type MonitoringLevel, type RecordFormat, settings } from '../../lambda/contract/settings.ts';
import { hoursPerMonth, memoryMiBPerCpu } from '../aws/billing.ts';
import type { Prices } from '../aws/prices.ts';
import { quotas } from '../aws/quotas.ts';
import { type Frequency, frequencyOf } from '../aws/schedule.ts';
import { billedBytesOf, type EventSizes, type FormatFigures, formatFiguresOf } from './format-figures.ts';
import { provingOf, provingUsd } from './proving.ts';
import { type Querying, queryingOf } from './querying.ts';
import { type Watching, watchingOf } from './watching.ts';

/** What {@link estimateCosts} works with. */
export interface CostQuestion {
  /** Events of a run, from 1. */
  readonly count: number;
  /** How large they are. */
  readonly sizes: EventSizes;
  /** `rate(…)` or `cron(…)` of EventBridge Scheduler, or `off` for none. */
  readonly schedule: string;
  /** What the producer is watched with. */
  readonly monitoring: MonitoringLevel;
  /** Whether events are proven. */
  readonly proof: boolean;
  /** What things cost. */
  readonly prices: Prices;
}

/** What runs cost in one record format, in US dollars. */
export interface FormatCosts {
  /** The format. */
  readonly recordFormat: RecordFormat;
  /** Bytes of a run that Firehose bills. */
  readonly billedBytes: number;
  /** Invocations of a run. */
  readonly invocations: number;
  /** How long the invocations of a run take, added up. */
  readonly lambdaSeconds: number;
  /** A run, by service. */
  readonly usdPerRun: Record<'firehose' | 'lambda' | 'sqs' | 'total', number>;
  /** Part of what the same run costs with one event per record; nothing if that is free. */
  readonly partOfSingle: number | null;
  /** A month, by service: all runs of the schedule, and what is there whether it runs or not. */
  readonly usdPerMonth: Record<
    'firehose' | 'lambda' | 'sqs' | 'proof' | 'metrics' | 'alarms' | 'dashboards' | 'total',
    number
  >;
  /** What the schedule asks for, as a share of the stream's quota in us-east-1; with more than 1 the work queue grows for ever. */
  readonly quotaShare: number;
}

/** What a run and a month cost. */
export interface CostEstimate extends CostQuestion {
  /** Runs of a month of 730 hours. */
  readonly runsPerMonth: number;
  /** What the producer is watched with. */
  readonly watching: Watching;
  /** What a query over the events of a day costs, where there is a table. */
  readonly querying: Querying;
  /** Each record format; the last one is one event per record. */
  readonly formats: readonly FormatCosts[];
}

const daysPerMonth = hoursPerMonth / 24;

const memoryMiB = settings.memorySize.default;
const eventsPerSlice = settings.eventsPerSlice.default;
const maxConcurrency = settings.maxConcurrency.default;

/** What an invocation waits for Firehose beside the stream's pace: an assumption, the same as the simulation's. */
export const responseSeconds = 0.04;

/** Record data that a stream takes a second. The quotas of records and requests are further away in every format. */
export const quotaBytesPerSecond = quotas['us-east-1'].bytes;

/** The function's share of a processor. */
export const cpuShare = memoryMiB / memoryMiBPerCpu;

/** Memory of the function in GB. */
export const memoryGb = memoryMiB / 1_024;

/** A message is sent, received and deleted. */
const requestsPerMessage = 3;

/**
 * How often Lambda asks the empty work queue: five pollers that wait 20 s each.
 *
 * @see https://repost.aws/knowledge-center/sqs-high-charges
 */
export const pollsPerMonth = 5 * 3 * 60 * hoursPerMonth;

/**
 * What runs cost in each record format with the stack's defaults: nothing refused, nothing sent twice, no free tier. Left out are S3, CloudWatch Logs, Scheduler and data transfer.
 *
 * @throws Error if `schedule` is no expression that repeats.
 */
export function estimateCosts(question: CostQuestion): CostEstimate {
  const { count, sizes, schedule, monitoring, proof, prices } = question;
  const frequency = checkFrequency(schedule);
  const { runsPerMonth } = frequency;
  const watching = watchingOf(monitoring, schedule !== 'off', proof);
  const figures = formatFiguresOf(sizes);
  const runs = (Object.keys(figures) as RecordFormat[]).map((recordFormat) => ({
    recordFormat,
    ...estimateRun(figures[recordFormat], question),
  }));
  const singleUsd = runs.find(({ recordFormat }) => recordFormat === 'single')!.usdPerRun.total;
  const pollsUsd = pollsPerMonth * prices.sqsUsdPerRequest;
  const proofUsd = proof
    ? runsPerMonth *
        provingUsd(provingOf(count, Math.ceil(count / eventsPerSlice), sizes.meanEventBytes), prices) +
      pollsUsd
    : 0;
  const perMonth = ({ firehose, lambda, sqs }: FormatCosts['usdPerRun']) => ({
    firehose: firehose * runsPerMonth,
    lambda: lambda * runsPerMonth,
    sqs: sqs * runsPerMonth + pollsUsd,
    proof: proofUsd,
    // A metric is billed by the hour in which a value of it came.
    metrics:
      watching.metrics * prices.cloudWatchUsdPerMetricMonth * (frequency.activeHoursPerMonth / hoursPerMonth),
    alarms: watching.alarmMetrics * prices.cloudWatchUsdPerAlarmMetricMonth,
    dashboards: watching.dashboards * prices.cloudWatchUsdPerDashboardMonth,
  });
  return {
    count,
    sizes,
    schedule,
    monitoring,
    proof,
    runsPerMonth,
    watching,
    querying: queryingOf((count * runsPerMonth) / daysPerMonth, sizes, prices),
    formats: runs.map((run) => ({
      ...run,
      partOfSingle: singleUsd === 0 ? null : run.usdPerRun.total / singleUsd,
      usdPerMonth: withTotal(perMonth(run.usdPerRun)),
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
  // A run that is cut takes an invocation that cuts it.
  const invocations = slices === 1 ? 1 : slices + 1;
  const billedBytes =
    Math.floor(count / eventsPerSlice) * billedBytesOf(eventsPerSlice, figures) +
    billedBytesOf(count % eventsPerSlice, figures);
  // Invocations at the same time share the stream, and each is paid for while it waits.
  const paceSeconds = quotaSecondsOf(count, figures) * Math.min(slices, maxConcurrency);
  const cpuSeconds = (count * figures.cpuMicrosPerEvent) / 1e6 / cpuShare;
  const lambdaSeconds = Math.max(paceSeconds, cpuSeconds) + invocations * responseSeconds;
  return {
    billedBytes,
    invocations,
    lambdaSeconds,
    usdPerRun: withTotal({
      firehose: firehoseUsd(billedBytes, prices.firehoseUsdPerGb),
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
