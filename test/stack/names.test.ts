import { readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { shareOf } from '../property-runs.ts';
import { templateOf } from './synth.ts';

/**
 * Names that users of a deployed stack rely on: a changed logical id replaces the resource. The first list is that of
 * the default context; the others name their differences from it.
 */
const committed: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync('test/stack/names.json', 'utf8'),
);

/** Logical ids with their types, outputs, alarms, and metrics of alarms and dashboard. */
function namesOf(template: Template): string[] {
  const { Resources, Outputs } = template.toJSON();
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  const text = JSON.stringify(Resources).replaceAll('\\"', '"');
  return [
    ...Object.keys(Resources).map((id) => `${Resources[id].Type} ${id}`),
    ...Object.keys(Outputs).map((id) => `output ${id}`),
    ...alarms.map(({ Properties }) => `alarm ${Properties.AlarmName}`),
    ...[...text.matchAll(/"(AWS\/\w+|FirehoseEventProducer)","(\w+(?:\.\w+)*)"(?=[,\]])/g)].map(
      ([, namespace, name]) => `drawn metric ${namespace} ${name}`,
    ),
    ...[...text.matchAll(/"MetricName":"([^"]+)","Namespace":"([^"]+)"/g)].map(
      ([, name, namespace]) => `watched metric ${namespace} ${name}`,
    ),
  ];
}

/** The context of a key such as `deliveryStreamName=my-stream bucketName=my-bucket`. */
function contextOf(key: string): Record<string, string> {
  return Object.fromEntries(key === 'default' ? [] : key.split(' ').map((pair) => pair.split('=')));
}

it.each(shareOf(Object.entries(committed)))('with context %s no name changes', (key, expected) => {
  // Prepare
  const base = new Set(committed.default);

  // Act
  const names = new Set(namesOf(templateOf(contextOf(key))));

  // Assess
  const added = [...names].filter((name) => !base.has(name)).map((name) => `+ ${name}`);
  const removed = [...base].filter((name) => !names.has(name)).map((name) => `- ${name}`);
  expect(key === 'default' ? [...names].sort() : [...added.sort(), ...removed.sort()]).toEqual(expected);
});
