import type { MonitoringLevel } from '../../lambda/contract/deployment-settings.ts';
import { proverMetrics, reportMetrics } from '../../lambda/contract/metrics.ts';
import type { Target } from '../../lambda/contract/targets.ts';
import {
  alarmsWithout,
  essentialProducerAlarms,
  producerAlarms,
  producerAlarmsOnTwoMetrics,
} from '../stack/monitoring/producer-alarms.ts';
import {
  essentialProofAlarms,
  proofAlarms,
  proofAlarmsOnTwoMetrics,
} from '../stack/monitoring/proof-alarms.ts';

/** The billed parts of monitoring. */
export interface Watching {
  /** Custom metrics with a value in every hour with a run. */
  readonly metrics: number;
  readonly alarms: number;
  /** Metrics of all alarms: CloudWatch bills these. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
}

/** Those of the report and cold starts; those of the prover and claims that were not sent. */
const allMetrics = {
  ofProducer: Object.keys(reportMetrics).length + 1,
  ofProof: Object.keys(proverMetrics).length + 1,
};

/** `EventsDelivered`; `ClaimsSeen` and `OldestClaimAge`. The others count failures, and no zeros are published. */
const essentialMetrics = { ofProducer: 1, ofProof: 2 };

const onTwoMetrics: readonly string[] = [...producerAlarmsOnTwoMetrics, ...proofAlarmsOnTwoMetrics];

/** The billed monitoring of the stack. Some schedules have no alarm `Silence`; it is counted with every schedule. */
export function watchingOf(
  monitoring: MonitoringLevel,
  schedule: boolean,
  proof: boolean,
  target: Target = 'firehose',
): Watching {
  if (monitoring === 'off') {
    return { metrics: 0, alarms: 0, alarmMetrics: 0, dashboards: 0 };
  }
  const isEssential = monitoring === 'essential';
  const ofProducer = isEssential ? essentialProducerAlarms(proof) : Object.keys(producerAlarms);
  const ofProof = isEssential ? essentialProofAlarms : Object.keys(proofAlarms);
  const without: readonly string[] = [...alarmsWithout[target], ...(schedule ? [] : ['Silence'])];
  const alarms = [...ofProducer, ...(proof ? ofProof : [])].filter((name) => !without.includes(name));
  // The limit of a shard is a number.
  const onOneMetric = target === 'firehose' ? [] : ['BytesQuota', 'RecordsQuota'];
  const metrics = isEssential ? essentialMetrics : allMetrics;
  return {
    metrics: metrics.ofProducer + (proof ? metrics.ofProof : 0),
    alarms: alarms.length,
    alarmMetrics:
      alarms.length +
      alarms.filter((name) => onTwoMetrics.includes(name) && !onOneMetric.includes(name)).length,
    dashboards: monitoring === 'full' ? 1 : 0,
  };
}
