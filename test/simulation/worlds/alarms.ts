import { type Quota, quotas } from '../../../lib/aws/quotas.ts';
import { templateOf } from '../../stack/synth.ts';
import type { AlarmProperties } from '../aws/cloudwatch.ts';
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

const alarms = alarmsOf(template);

export const alarmNames: readonly string[] = [...alarms.keys()];

/** Names of the alarms that were in ALARM at any time in the last minutes. */
export function fired({ cloudWatch, nowMs }: Deployment, minutes: number): string[] {
  return [...alarms]
    .filter(([, alarm]) =>
      cloudWatch.statesOf(alarm, nowMs - minutes * minuteMs, nowMs).some(({ state }) => state === 'ALARM'),
    )
    .map(([id]) => id)
    .sort();
}

/** Whether the prover's metric counts at least this many proven events in a day. */
export function provenAtLeast(events: number, { cloudWatch, nowMs }: Deployment): boolean {
  const lost = JSON.stringify(alarms.get('EventsLost'));
  const proven = lost.replaceAll('EventsLost', 'EventsProven').replaceAll('"Period":300', '"Period":86400');
  const alarm: AlarmProperties = { ...JSON.parse(proven), Threshold: events - 1 };
  return cloudWatch.statesOf(alarm, nowMs, nowMs + minuteMs).some(({ state }) => state === 'ALARM');
}

/** The alarms that fire before a trouble, because of it, and after it. */
export async function firedBy(trouble: Trouble): Promise<Record<'before' | 'because' | 'after', string[]>> {
  const { context = {}, limits, minutes = 60, endAfter = 0, quietAfter = 60 } = trouble;
  const quota: Quota = { ...quotas['us-east-1'], ...limits };
  const deployment = new Deployment(templateOf(context).toJSON(), quota);
  await deployment.pass(90);
  const before = fired(deployment, 60);
  await breakAndRepair(deployment, trouble);
  const because = fired(deployment, minutes + endAfter + quietAfter + 60);
  return { before, because, after: fired(deployment, 60) };
}
