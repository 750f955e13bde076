import { readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { shareOf } from '../property-runs.ts';
import { templateOf } from './synth.ts';

/**
 * Names that users of a deployed stack rely on: a changed logical id replaces the resource, and so does a changed `kept`
 * property. The first list is that of the default context; the others name their differences from it.
 */
const committed: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync('test/stack/names.json', 'utf8'),
);

/**
 * Properties whose change replaces the resource: "Update requires: Replacement" in CloudFormation's reference. Of other
 * types, every property counts.
 */
const replacing: Readonly<Record<string, readonly string[]>> = {
  'AWS::Athena::NamedQuery': ['Database', 'Name', 'WorkGroup'],
  'AWS::Athena::WorkGroup': ['Name'],
  // Its name is listed as it is.
  'AWS::CloudWatch::Alarm': [],
  'AWS::CloudWatch::Dashboard': ['DashboardName'],
  'AWS::Glue::Database': ['CatalogId', 'DatabaseInput.Name'],
  'AWS::Glue::Table': ['CatalogId', 'DatabaseName', 'TableInput.Name'],
  'AWS::IAM::Policy': [],
  'AWS::IAM::Role': ['Path', 'RoleName'],
  'AWS::KinesisFirehose::DeliveryStream': [
    'DeliveryStreamName',
    'DeliveryStreamType',
    'KinesisStreamSourceConfiguration',
  ],
  'AWS::Lambda::EventSourceMapping': ['EventSourceArn', 'StartingPosition'],
  'AWS::Lambda::Function': ['FunctionName', 'PackageType'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::Logs::QueryDefinition': [],
  'AWS::S3::Bucket': ['BucketName'],
  'AWS::S3::BucketPolicy': ['Bucket'],
  'AWS::SNS::Topic': ['FifoTopic', 'TopicName'],
  'AWS::SNS::TopicPolicy': [],
  'AWS::SQS::Queue': ['FifoQueue', 'QueueName'],
  'AWS::SQS::QueuePolicy': [],
  'AWS::Scheduler::Schedule': ['Name'],
};

interface Properties {
  readonly [name: string]: Properties;
}

function replacingPropertiesOf(id: string, { Type, Properties = {} }: Resource): string[] {
  return (replacing[Type] ?? Object.keys(Properties))
    .map((path) => [
      path,
      path.split('.').reduce<Properties | undefined>((value, name) => value?.[name], Properties),
    ])
    .filter(([, value]) => value !== undefined)
    .map(([path, value]) => `kept ${id} ${path} ${JSON.stringify(value)}`);
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Properties;
}

/** Logical ids with their types, what a changed value would replace, outputs, alarms, and metrics of alarms and dashboard. */
function namesOf(template: Template): string[] {
  const { Resources, Outputs } = template.toJSON();
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  const text = JSON.stringify(Resources).replaceAll('\\"', '"');
  return [
    ...Object.keys(Resources).map((id) => `${Resources[id].Type} ${id}`),
    ...Object.keys(Resources).flatMap((id) => replacingPropertiesOf(id, Resources[id])),
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
