import type { Template } from 'aws-cdk-lib/assertions';

/** How a metric or an expression is drawn: CloudWatch's own words. */
export interface Rendering {
  readonly id?: string;
  readonly label?: string;
  readonly color?: string;
  readonly expression?: string;
  readonly stat?: string;
  readonly visible?: boolean;
  readonly yAxis?: 'left' | 'right';
}

/** A metric (namespace, name, dimensions and values in turn, rendering) or an expression (rendering alone). */
export type MetricRow = readonly [...string[], Rendering];

/** An axis of a graph. */
export interface Axis {
  readonly label: string;
  readonly showUnits: boolean;
  readonly min: number;
}

/** A widget of a dashboard, in columns (of 24) and rows. */
export interface Widget {
  readonly type: 'alarm' | 'text' | 'metric';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly alarms?: readonly string[];
    readonly view?: 'timeSeries' | 'singleValue';
    readonly metrics?: readonly MetricRow[];
    readonly yAxis?: { readonly left?: Axis; readonly right?: Axis };
    readonly annotations?: {
      readonly horizontal: readonly {
        readonly value: number;
        readonly label: string;
        readonly color: string;
      }[];
    };
    readonly setPeriodToTimeRange?: boolean;
  };
}

/** What a dashboard shows. */
export interface DashboardBody {
  readonly start: string;
  readonly periodOverride: string;
  readonly widgets: readonly Widget[];
}

/**
 * The body of a template's one dashboard.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function dashboardBody(template: Template): DashboardBody {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const parts: unknown[] = dashboard!.Properties.DashboardBody['Fn::Join'][1];
  // Inside JSON a reference has no quotes of its own: a name of what it refers to takes its place.
  return JSON.parse(
    parts.map((part) => (typeof part === 'string' ? part : nameOf(JSON.stringify(part)))).join(''),
  );
}

const names = {
  DeadLetterQueue: 'dead-letter-queue',
  WorkQueue: 'work-queue',
  DeliveryStream: 'stream',
  ProofQueue: 'proof-queue',
  ProducerFunction: 'function',
  ProverFunction: 'prover',
  Region: 'region',
};

function nameOf(reference: string): string {
  const [, alarm] = /ProducerAlarms(\w+?)[0-9A-F]{8}/.exec(reference) ?? [];
  const [, name] = Object.entries(names).find(([part]) => reference.includes(part)) ?? [];
  return alarm ?? name ?? reference.replaceAll('"', '');
}
