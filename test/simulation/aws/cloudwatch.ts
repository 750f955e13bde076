export interface MetricName {
  readonly Namespace: string;
  readonly MetricName: string;
  /** A value may be a reference of the template. */
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

type Statistic = keyof typeof statistics;

export interface MetricStatistic {
  readonly Period: number;
  readonly Stat: Statistic;
  readonly Metric: MetricName;
}

interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: MetricStatistic;
  readonly ReturnData?: boolean;
}

/** Properties of an `AWS::CloudWatch::Alarm`, as a template has them. */
export interface AlarmProperties extends Partial<MetricName> {
  readonly Statistic?: Statistic;
  /** In seconds, for an alarm on a metric. */
  readonly Period?: number;
  readonly Metrics?: readonly MetricQuery[];
  readonly Threshold: number;
  readonly ComparisonOperator: keyof typeof comparisons;
  readonly EvaluationPeriods: number;
  /** @default - all evaluation periods */
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData?: 'missing' | 'ignore' | 'breaching' | 'notBreaching';
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface StateChange {
  readonly atMs: number;
  readonly state: AlarmState;
}

const comparisons = {
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
};

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const statistics = {
  Sum: sum,
  Average: (values: readonly number[]) => sum(values) / values.length,
  Minimum: (values: readonly number[]) => Math.min(...values),
  Maximum: (values: readonly number[]) => Math.max(...values),
};

const minuteMs = 60_000;

/** Number of periods read beyond the evaluation periods, as in the tables of the CloudWatch guide. */
const furtherPeriods = 2;

interface Point {
  readonly value: number;
  readonly readableMs: number;
}

/** Keeps the data points that a simulated world publishes, and evaluates alarms on them. */
export class CloudWatch {
  readonly #now: () => number;
  readonly #delayMs: number;
  readonly #metrics = new Map<string, Map<number, Point[]>>();

  /** @param delayMs Time until alarms see a data point, from the end of the minute in which it was published. */
  constructor(now: () => number, delayMs = 0) {
    this.#now = now;
    this.#delayMs = delayMs;
  }

  /** @param timestampMs May be long ago: Lambda's data points have the start of the invocation. */
  put(metric: MetricName, value: number, timestampMs = this.#now()): void {
    const key = keyOf(metric);
    const minutes = this.#metrics.get(key) ?? new Map<number, Point[]>();
    this.#metrics.set(key, minutes);
    const minute = Math.floor(timestampMs / minuteMs);
    const points = minutes.get(minute) ?? [];
    minutes.set(minute, points);
    points.push({ value, readableMs: Math.ceil(this.#now() / minuteMs) * minuteMs + this.#delayMs });
  }

  /**
   * The states of an alarm in this time. It is evaluated every minute, over periods that end in that minute.
   *
   * Simplified: time goes by whole minutes, alarms over more than a day are evaluated as often as others, and an
   * expression may hold nothing but numbers, metrics, `+ - * /`, comparisons, AND, OR, FILL with a number, IF and PERIOD.
   * A missing operand of arithmetic makes the result missing. In CloudWatch's guide it is 0, so an expression that must
   * work without it uses FILL.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
   */
  statesOf(alarm: AlarmProperties, fromMs: number, toMs: number): StateChange[] {
    const changes: StateChange[] = [];
    const periodMs = 1_000 * periodOf(alarm);
    let state: AlarmState = 'INSUFFICIENT_DATA';
    for (let atMs = Math.ceil(fromMs / minuteMs) * minuteMs; atMs <= toMs; atMs += minuteMs) {
      const values = Array.from({ length: alarm.EvaluationPeriods + furtherPeriods }, (_, period) =>
        this.#read(alarm, atMs - period * periodMs, atMs),
      );
      state = judge(values, alarm, state);
      if (state !== changes.at(-1)?.state) {
        changes.push({ atMs, state });
      }
    }
    return changes;
  }

  /** The value that an alarm compares with its threshold, for the period that ends at `endMs`; NaN if there is no data. */
  #read(alarm: AlarmProperties, endMs: number, nowMs: number): number {
    const { Metrics: queries } = alarm;
    if (!queries) {
      const { Statistic: Stat, Period } = alarm;
      return this.#statistic({ Metric: alarm, Stat, Period } as MetricStatistic, endMs, nowMs);
    }
    const read = ({ Expression, MetricStat }: MetricQuery): number => {
      if (Expression === undefined) {
        return this.#statistic(MetricStat!, endMs, nowMs);
      }
      const calculate = known.get(Expression) ?? compile(Expression);
      known.set(Expression, calculate);
      return calculate(periodOf(alarm), (id) => read(queries.find(({ Id }) => Id === id)!));
    };
    return read(queries.find(({ ReturnData }) => ReturnData !== false)!);
  }

  #statistic({ Metric, Stat, Period }: MetricStatistic, endMs: number, nowMs: number): number {
    const minutes = this.#metrics.get(keyOf(Metric));
    const values: number[] = [];
    for (let minute = endMs / minuteMs - Period / 60; minutes && minute < endMs / minuteMs; minute += 1) {
      for (const { value, readableMs } of minutes.get(minute) ?? []) {
        if (readableMs <= nowMs) {
          values.push(value);
        }
      }
    }
    if (!(Stat in statistics)) {
      throw new Error(`${Stat} of ${Metric.MetricName}: expected ${Object.keys(statistics).join(', ')}`);
    }
    return values.length === 0 ? Number.NaN : statistics[Stat](values);
  }
}

function keyOf({ Namespace, MetricName, Dimensions = [] }: Partial<MetricName>): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${nameOf(Value)}`).sort();
  return [Namespace, MetricName, ...dimensions].join(' ');
}

/** The name in a reference of a template: the logical id of the resource. @throws Error for any other reference. */
export function nameOf(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const { Ref: name, 'Fn::GetAtt': [id, attribute] = [] } = value as {
    readonly Ref?: string;
    readonly 'Fn::GetAtt'?: readonly string[];
  };
  const resource = name ?? (attribute === 'QueueName' ? id : undefined);
  if (resource === undefined) {
    throw new Error(`${JSON.stringify(value)} is not the name of a resource`);
  }
  return resource;
}

function periodOf({ Period, Metrics = [] }: AlarmProperties): number {
  return Period ?? Metrics.find(({ MetricStat }) => MetricStat)!.MetricStat!.Period;
}

/** Metric math of one period; `read` gives the value of an id. */
type Calculate = (period: number, read: (id: string) => number) => number;

const known = new Map<string, Calculate>();

/** Compiles metric math to JavaScript. @throws Error if it has unknown syntax. */
function compile(expression: string): Calculate {
  if (!/^[\w\s.,()+\-*/<>=!&|]*$/.test(expression)) {
    throw new Error(`${expression} is more metric math than is known here`);
  }
  const ids = [...new Set(expression.match(/\b[a-z]\w*/g))];
  const code = expression.replace(/\bAND\b/g, '&&').replace(/\bOR\b/g, '||');
  const run = new Function('FILL', 'IF', 'PERIOD', ...ids, `return Number(${code});`);
  return (period, read) => {
    const value: number = run(fill, choose, () => period, ...ids.map(read));
    // A division by zero gives no data point.
    return Number.isFinite(value) ? value : Number.NaN;
  };
}

const fill = (value: number, filler: number) => (Number.isNaN(value) ? filler : value);

const choose = (condition: number | boolean, yes: number, no: number) =>
  Number.isNaN(condition) ? Number.NaN : condition ? yes : no;

/**
 * The next state of an alarm. Real data points count first, even old ones; missing points are filled in.
 *
 * @param values The newest period first; NaN where there is no data.
 */
function judge(values: readonly number[], alarm: AlarmProperties, state: AlarmState): AlarmState {
  const { EvaluationPeriods: periods, DatapointsToAlarm: needed = periods, TreatMissingData } = alarm;
  const real = [...values.entries()].filter(([, value]) => !Number.isNaN(value)).slice(0, periods);
  const isBreaching = comparisons[alarm.ComparisonOperator];
  const breaching = real.filter(([, value]) => isBreaching(value, alarm.Threshold)).length;
  const missing = periods - real.length;
  if (breaching + (TreatMissingData === 'breaching' ? missing : 0) >= needed) {
    return 'ALARM';
  }
  if (breaching < real.length || missing === 0 || TreatMissingData?.endsWith('reaching')) {
    return 'OK';
  }
  // All known data points breach, but there are too few.
  if (TreatMissingData === 'ignore') {
    return state;
  }
  const [oldest = -1] = real.at(-1) ?? [];
  return oldest >= needed - 1 ? 'ALARM' : 'INSUFFICIENT_DATA';
}
