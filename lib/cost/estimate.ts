import { type MonitoringLevel, settings } from '../../lambda/contract/deployment-settings.ts';
import { lambdaUsd } from '../../lambda/contract/invocation.ts';
import type { RecordFormat } from '../../lambda/contract/record-format.ts';
import { type Target, type TargetRow, targets, usdOf } from '../../lambda/contract/targets.ts';
import { athenaMinBytes, athenaTbBytes, hoursPerMonth, memoryMiBPerCpu } from '../aws/billing.ts';
import { type Prices, usdPerGbOf, usdPerHourOf } from '../aws/prices.ts';
import { onDemandShards, quotas, shardQuota } from '../aws/quotas.ts';
import { type Frequency, frequencyOf } from '../aws/schedule.ts';
import { billedBytesOf, type EventSizes, type FormatFigures, formatFiguresOf } from './format-figures.ts';
import { daysPerMonth, keepingUsd } from './keeping.ts';
import { provingOf, provingUsd } from './proving.ts';
import { type Watching, watchingOf } from './watching.ts';

export interface CostQuestion {
  /** Events of a run, from 1. */
  readonly count: number;
  readonly sizes: EventSizes;
  /** Where the events are sent to: Firehose, or a Kinesis stream that Firehose reads. */
  readonly target: Target;
  /** Shards of a provisioned Kinesis stream. */
  readonly shards: number;
  /** `rate(…)` or `cron(…)` of EventBridge Scheduler, or `off` for none. */
  readonly schedule: string;
  readonly monitoring: MonitoringLevel;
  /** Whether events are proven. */
  readonly proof: boolean;
  readonly prices: Prices;
}

/** Parts of the bill of a month. `sqs` and `s3` are without the proof's requests. */
type MonthPart =
  | ('kinesis' | 'firehose' | 'lambda' | 'sqs' | 'proof' | 'metrics' | 'alarms' | 'dashboards')
  | keyof ReturnType<typeof keepingUsd>;

/** Costs in one record format, in US dollars. */
export interface FormatCosts {
  readonly recordFormat: RecordFormat;
  /** Bytes of a run that Firehose bills. */
  readonly billedBytes: number;
  /** Bytes of a run that Kinesis bills. 0 without it. */
  readonly kinesisBilledBytes: number;
  /** Invocations of a run. */
  readonly invocations: number;
  /** Total duration of the invocations of a run. */
  readonly lambdaSeconds: number;
  /** A run, by service. */
  readonly usdPerRun: Record<'kinesis' | 'firehose' | 'lambda' | 'sqs' | 'total', number>;
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

/** The quotas of the stream that events are sent to. That of requests is reached later. */
export function quotaOf({ target, shards }: Pick<CostQuestion, 'target' | 'shards'>) {
  if (targets[target].service === 'firehose') {
    return quotas['us-east-1'];
  }
  const count = target === 'kinesis' ? shards : onDemandShards;
  return { bytes: count * shardQuota.bytes, records: count * shardQuota.records };
}

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
  const { count, sizes, target, shards, schedule, monitoring, proof, prices } = question;
  const { runsPerMonth, activeHoursPerMonth } = checkFrequency(schedule);
  const bytesPerDay = ((count * runsPerMonth) / daysPerMonth) * sizes.gzipEventBytes;
  const watching = watchingOf(monitoring, schedule !== 'off', proof, target);
  const slices = Math.ceil(count / eventsPerSlice);
  const figures = formatFiguresOf(sizes, targets[target]);
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
      kinesis: usdPerHourOf(target, shards, prices) * hoursPerMonth + usdPerRun.kinesis * runsPerMonth,
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
    target,
    shards,
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
      quotaShare:
        (quotaSecondsOf(question, figures[run.recordFormat]) * runsPerMonth) / (hoursPerMonth * 3_600),
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

function estimateRun(figures: FormatFigures, question: CostQuestion) {
  const { count, target, prices } = question;
  const slices = Math.ceil(count / eventsPerSlice);
  const messages = slices === 1 ? 0 : slices;
  // A run of several slices takes one more invocation, which cuts it.
  const invocations = slices === 1 ? 1 : slices + 1;
  const billedBy = (biller: TargetRow) =>
    Math.floor(count / eventsPerSlice) * billedBytesOf(eventsPerSlice, figures, biller) +
    billedBytesOf(count % eventsPerSlice, figures, biller);
  const billedBytes = billedBy(targets.firehose);
  const kinesisBilledBytes = target === 'firehose' ? 0 : billedBy(targets[target]);
  // Firehose reads what was put: only an on-demand stream bills that, too.
  const readUsdPerGb = target === 'kinesis-on-demand' ? prices.kinesisOnDemandUsdPerGbRead : 0;
  // Concurrent invocations share the stream, and each is paid for while it waits.
  const paceSeconds = quotaSecondsOf(question, figures) * Math.min(slices, maxConcurrency);
  const cpuSeconds = (count * figures.cpuMicrosPerEvent) / 1e6 / cpuShare;
  const lambdaSeconds = Math.max(paceSeconds, cpuSeconds) + invocations * responseSeconds;
  return {
    billedBytes,
    kinesisBilledBytes,
    invocations,
    lambdaSeconds,
    usdPerRun: withTotal({
      kinesis: usdOf(kinesisBilledBytes, usdPerGbOf(target, prices) + readUsdPerGb),
      firehose: usdOf(billedBytes, prices.firehoseUsdPerGb),
      lambda:
        lambdaUsd(lambdaSeconds * 1_000, memoryMiB, prices.lambdaUsdPerGbSecond) +
        invocations * prices.lambdaUsdPerRequest,
      sqs: requestsPerMessage * messages * prices.sqsUsdPerRequest,
    }),
  };
}

function quotaSecondsOf(question: CostQuestion, { bytesPerEvent, eventsPerRecord }: FormatFigures): number {
  const { bytes, records } = quotaOf(question);
  return question.count * Math.max(bytesPerEvent / bytes, 1 / eventsPerRecord / records);
}

function withTotal<T extends Record<string, number>>(parts: T): T & { total: number } {
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}
