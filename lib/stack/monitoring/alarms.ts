import { Token } from 'aws-cdk-lib';
import {
  Alarm,
  type ComparisonOperator,
  type Metric,
  type TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { metricNamespace } from '../../../lambda/contract/metrics.ts';
import { PropError, shown } from '../prop-checks.ts';
import type { AlarmRule, Watched } from './alarm-rule.ts';
import { essentialProducerAlarms, type ProducerAlarmName, producerAlarms } from './producer-alarms.ts';
import { essentialProofAlarms, type ProofAlarmName, proofAlarms } from './proof-alarms.ts';

/** Names of the alarms. */
export type AlarmName = ProducerAlarmName | ProofAlarmName;

/** The alarms, in the order of the dashboard. */
export const alarmNames = [
  ...Object.keys(producerAlarms),
  ...Object.keys(proofAlarms),
] as readonly AlarmName[];

/** Changes of an alarm. */
export interface AlarmTuning {
  /** Threshold, in the unit of the metric. @default - see docs/operating.md */
  readonly threshold?: number;

  /** Bad periods until the alarm fires. From 1 to `outOf`. @default - see docs/operating.md */
  readonly periods?: number;

  /**
   * Latest periods to look at. With `periods` alone, an alarm that looks at periods in a row still does.
   *
   * @default - as described in docs/operating.md, and not fewer than `periods`
   */
  readonly outOf?: number;
}

/**
 * Changes of alarms, by name; `false` leaves an alarm out.
 *
 * @example
 * ```ts
 * import type { AlarmTunings } from 'firehose-event-producer';
 *
 * export const alarms: AlarmTunings = { BytesQuota: { threshold: 95 }, Silence: false };
 * ```
 */
export type AlarmTunings = { readonly [Name in AlarmName]?: AlarmTuning | false };

/** Properties of the alarms. */
export interface AlarmOptions {
  /**
   * Alarms that have other thresholds or periods, or that are left out, by name:
   * `{ BytesQuota: { threshold: 95 }, Silence: false }`.
   *
   * @default - every alarm of the level of `monitoring`, as described in docs/operating.md
   */
  readonly alarms?: AlarmTunings;

  /**
   * Topic to which alarms publish when they fire, and when they are over. Its policy has to let
   * `cloudwatch.amazonaws.com` publish, and so has the policy of its key, if it is encrypted.
   *
   * @default - alarms publish nothing
   */
  readonly alarmTopic?: ITopic;
}

interface AlarmsProps extends AlarmOptions {
  readonly watched: Watched;
  /** Whether only the alarms of the level `essential` are made. */
  readonly isEssential: boolean;
  /** Start of the alarms' names, which are unique in the account and region. */
  readonly namePrefix: string;
}

/** An alarm, and when it fires. */
export interface ProducerAlarm {
  /** The alarm. */
  readonly alarm: Alarm;
  /** The threshold, in the unit of the metric. */
  readonly threshold: number;
  /** Duration of the problem until it fires, such as `for 15 minutes`; empty if one period is enough. */
  readonly lasting: string;
}

const minutesPerDay = 24 * 60;

/** The alarms of a producer: whether its events are produced, accepted, delivered and proven. */
export class Alarms extends Construct {
  readonly #byName = new Map<AlarmName, ProducerAlarm>();
  readonly #props: AlarmsProps;

  /**
   * @throws PropError if a name is unknown, or not of this level, or a number is invalid.
   * @internal
   */
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    const { alarms: tunings = {}, watched, isEssential } = props;
    const unknown = Object.keys(tunings).find((name) => !(alarmNames as readonly string[]).includes(name));
    if (unknown !== undefined) {
      throw new PropError(this, `alarms.${unknown} is not known: expected one of ${alarmNames.join(', ')}`);
    }
    const names = isEssential
      ? [...essentialProducerAlarms(watched.proof !== undefined), ...essentialProofAlarms]
      : alarmNames;
    const lacking = alarmNames.find((name) => tunings[name] && !names.includes(name));
    if (lacking !== undefined) {
      throw new PropError(
        this,
        `alarms.${lacking} is set, but monitoring is 'essential', which does not have this alarm: set monitoring: 'full', ` +
          `or tune one of ${names.join(', ')}`,
      );
    }
    for (const name of names) {
      const rule = ruleOf(name, watched);
      const tuning = tunings[name];
      if (rule && tuning !== false) {
        this.#add(name, this.#tuned(name, rule, tuning ?? {}));
      }
    }
  }

  /** One of the alarms; `undefined` if it was left out, or makes no sense here. */
  get(name: AlarmName): ProducerAlarm | undefined {
    return this.#byName.get(name);
  }

  /** All of them. */
  get all(): readonly Alarm[] {
    return [...this.#byName.values()].map(({ alarm }) => alarm);
  }

  /**
   * Names of the functions' own metrics that the alarms watch.
   *
   * @internal
   */
  get ownMetrics(): readonly string[] {
    const watched = this.all.flatMap(({ metric }) =>
      'usingMetrics' in metric ? Object.values(metric.usingMetrics as object) : metric,
    ) as Metric[];
    return watched
      .filter((metric) => metric.namespace === metricNamespace)
      .map((metric) => metric.metricName);
  }

  /** The rule, with its defaults, as the tuning changes it. */
  #tuned(name: AlarmName, rule: AlarmRule, tuning: AlarmTuning): Required<AlarmRule> {
    const { comparison = 'GreaterThanThreshold', missingData = 'notBreaching' } = rule;
    const { threshold = rule.threshold ?? 0, periods = rule.periods ?? 1 } = tuning;
    const outOf = tuning.outOf ?? Math.max(rule.outOf ?? 0, periods);
    const isCount = (value: number) => Number.isInteger(value) && value >= 1;
    if (!Number.isFinite(threshold) || Token.isUnresolved(threshold)) {
      throw new PropError(
        this,
        `alarms.${name}.threshold is ${shown(threshold)}: expected a number, for example 80`,
      );
    }
    if (!isCount(periods) || !isCount(outOf) || periods > outOf) {
      throw new PropError(
        this,
        `alarms.${name} has periods ${periods} outOf ${outOf}: expected whole numbers from 1, periods not more than ` +
          'outOf, for example { periods: 3, outOf: 4 }',
      );
    }
    const minutes = rule.metric.period.toMinutes();
    const longest = minutes < 60 ? minutesPerDay : 7 * minutesPerDay;
    if (outOf * minutes > longest) {
      throw new PropError(
        this,
        `alarms.${name}.outOf is ${outOf}: expected at most ${longest / minutes}, the time that CloudWatch looks back`,
      );
    }
    return { ...rule, comparison, missingData, threshold, periods, outOf };
  }

  #add(name: AlarmName, rule: Required<AlarmRule>): void {
    const { metric, threshold, periods, outOf } = rule;
    const lasting = describeLasting(periods, outOf, metric.period.toMinutes());
    const alarm = new Alarm(this, name, {
      alarmName: `${this.#props.namePrefix}-${name}`,
      alarmDescription: rule.description(threshold, lasting),
      metric,
      comparisonOperator: rule.comparison as ComparisonOperator,
      threshold,
      evaluationPeriods: outOf,
      datapointsToAlarm: periods,
      treatMissingData: rule.missingData as TreatMissingData,
    });
    if (this.#props.alarmTopic) {
      const action = new SnsAction(this.#props.alarmTopic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    this.#byName.set(name, { alarm, threshold, lasting });
  }
}

function ruleOf(name: AlarmName, watched: Watched): AlarmRule | undefined {
  if (name in producerAlarms) {
    return producerAlarms[name as ProducerAlarmName](watched);
  }
  return watched.proof && proofAlarms[name as ProofAlarmName](watched, watched.proof);
}

function describeLasting(periods: number, outOf: number, minutes: number): string {
  if (periods === 1) {
    return '';
  }
  return periods === outOf
    ? `for ${periods * minutes} minutes`
    : `in ${periods * minutes} of ${outOf * minutes} minutes`;
}
