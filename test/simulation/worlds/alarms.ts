import { type Quota, quotas } from '../../../lib/aws/quotas.ts';
import { templateOf } from '../../stack/synth.ts';
import type { AlarmProperties, CloudWatch } from '../aws/cloudwatch.ts';
import { Deployment } from './deployment.ts';
import type { TemplateJson } from './template.ts';
import { breakAndRepair, type Trouble } from './troubles.ts';

const minuteMs = 60_000;

/** The alarms of a template, by the id of their construct. */
export function alarmsOf({ Resources }: TemplateJson): ReadonlyMap<string, AlarmProperties> {
  return new Map(
    Object.entries<{ Type: string; Properties: AlarmProperties }>(Resources)
      .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
      .map(([id, { Properties }]) => [id.replace(/^.*Alarms|[0-9A-F]{8}$/g, ''), Properties]),
  );
}

export const template = templateOf().toJSON();

/** The alarms of each level. */
const alarmsIn = (context: Record<string, unknown> = {}) => ({
  essential: alarmsOf(templateOf(context).toJSON()),
  full: alarmsOf(templateOf({ ...context, monitoring: 'full' }).toJSON()),
});

const alarms = alarmsIn();

export const alarmNames: readonly string[] = [...alarms.full.keys()];

/** Names of alarms, at each level of monitoring. */
export type AlarmsByLevel = Readonly<Record<keyof typeof alarms, readonly string[]>>;

/** These alarms at `full`, and those of them that `essential` has. */
export function atEachLevel(names: readonly string[]): AlarmsByLevel {
  return { essential: names.filter((name) => alarms.essential.has(name)), full: names };
}

/** Names of the alarms that were in ALARM at any time in the last minutes. */
export function fired(
  { cloudWatch, fullCloudWatch, nowMs }: Deployment,
  minutes: number,
  ofStack = alarms,
): AlarmsByLevel {
  const firedAt = (level: keyof typeof alarms, watched: CloudWatch) =>
    [...ofStack[level]]
      .filter(([, alarm]) =>
        watched.statesOf(alarm, nowMs - minutes * minuteMs, nowMs).some(({ state }) => state === 'ALARM'),
      )
      .map(([id]) => id)
      .sort();
  return { essential: firedAt('essential', cloudWatch), full: firedAt('full', fullCloudWatch) };
}

/** Whether the prover's metric counts at least this many proven events in a day. */
export function provenAtLeast(events: number, { fullCloudWatch, nowMs }: Deployment): boolean {
  const lost = JSON.stringify(alarms.full.get('EventsLost'));
  const proven = lost.replaceAll('EventsLost', 'EventsProven').replaceAll('"Period":300', '"Period":86400');
  const alarm: AlarmProperties = { ...JSON.parse(proven), Threshold: events - 1 };
  return fullCloudWatch.statesOf(alarm, nowMs, nowMs + minuteMs).some(({ state }) => state === 'ALARM');
}

/** The alarms that fire before a trouble, because of it, and after it. */
export async function firedBy(
  trouble: Trouble,
): Promise<Record<'before' | 'because' | 'after', AlarmsByLevel>> {
  const { context = {}, limits, minutes = 60, endAfter = 0, quietAfter = 60 } = trouble;
  const quota: Quota = { ...quotas['us-east-1'], ...limits };
  const deployment = new Deployment(templateOf(context).toJSON(), quota);
  const ofStack = 'bucketName' in context ? alarmsIn(context) : alarms;
  await deployment.pass(90);
  const before = fired(deployment, 60, ofStack);
  await breakAndRepair(deployment, trouble);
  const because = fired(deployment, minutes + endAfter + quietAfter + 60, ofStack);
  return { before, because, after: fired(deployment, 60, ofStack) };
}
