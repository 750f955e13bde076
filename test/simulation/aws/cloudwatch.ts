/** A metric as CloudFormation names it: what {@link CloudWatch} keeps data points by. */
export interface MetricName {
  /** Such as `AWS/Lambda`. */
  readonly Namespace: string;
  /** Such as `Errors`. */
  readonly MetricName: string;
  /** Of a template, so that a value may be a reference. */
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

type Statistic = 'Sum' | 'Average' | 'Minimum' | 'Maximum';

interface MetricStatistic {
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
  /** How data points become one, for an alarm on a metric. */
  readonly Statistic?: Statistic;
  /** Seconds of such a one. */
  readonly Period?: number;
  /** Metrics and expressions, for an alarm on an expression. */
  readonly Metrics?: readonly MetricQuery[];
  /** What it is compared to. */
  readonly Threshold: number;
  /** How. */
  readonly ComparisonOperator: keyof typeof comparisons;
  /** Periods looked at. */
  readonly EvaluationPeriods: number;
  /** How many of them have to breach, all by default. */
  readonly DatapointsToAlarm?: number;
  /** What a period without data counts as. */
  readonly TreatMissingData?: 'missing' | 'ignore' | 'breaching' | 'notBreaching';
}

/** State of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A change of an alarm's state. */
export interface StateChange {
  /** When. */
  readonly atMs: number;
  /** To what. */
  readonly state: AlarmState;
}

const comparisons = {
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
};

const minuteMs = 60_000;

/** Periods that are read beyond the evaluation periods: two, as in the tables of the CloudWatch guide. */
const furtherPeriods = 2;

/** A data point, in the minute that it belongs to. */
interface Point {
  readonly value: number;
  readonly readableMs: number;
}

/** Keeps the data points that a simulated world publishes, and says what alarms make of them. */
export class CloudWatch {
  readonly #now: () => number;
  readonly #delayMs: number;
  readonly #metrics = new Map<string, Map<number, Point[]>>();

  /**
   * @param now The clock, in milliseconds.
   * @param delayMs How long a data point takes until alarms see it, from the end of the minute in which it was published.
   */
  constructor(now: () => number, delayMs = 0) {
    this.#now = now;
    this.#delayMs = delayMs;
  }

  /**
   * Publishes a data point.
   *
   * @param timestampMs The time that it is about, which may be long over: Lambda's are about the start of an invocation.
   */
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
   * The states that an alarm went through, the first one included. It is evaluated every minute, over periods that end
   * in that minute.
   *
   * Simplified: time goes by whole minutes, alarms over more than a day are evaluated as often as others, and an
   * expression may hold nothing but numbers, metrics, `+ - * /`, comparisons, AND, OR, FILL with a number, IF and PERIOD.
   * A missing operand of arithmetic makes the result missing; CloudWatch's guide takes it for 0, so that an expression
   * which has to work without it says FILL.
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

  /** What an alarm compares with its threshold, over the period that ends at `endMs`; NaN if there is no such value. */
  #read(alarm: AlarmProperties, endMs: number, nowMs: number): number {
    const { Metrics: queries } = alarm;
    if (!queries) {
      const { Statistic: Stat, Period } = alarm;
      return this.#statistic({ Metric: alarm, Stat, Period } as MetricStatistic, endMs, nowMs);
    }
    const look = ({ Expression, MetricStat }: MetricQuery): number => {
      if (Expression === undefined) {
        return this.#statistic(MetricStat!, endMs, nowMs);
      }
      const calculate = known.get(Expression) ?? compile(Expression);
      known.set(Expression, calculate);
      return calculate(periodOf(alarm), (id) => look(queries.find(({ Id }) => Id === id)!));
    };
    return look(queries.find(({ ReturnData }) => ReturnData !== false)!);
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
    if (values.length === 0) {
      return Number.NaN;
    }
    const sum = values.reduce((total, value) => total + value, 0);
    switch (Stat) {
      case 'Sum':
        return sum;
      case 'Average':
        return sum / values.length;
      case 'Minimum':
        return Math.min(...values);
      case 'Maximum':
        return Math.max(...values);
      default:
        throw new Error(`${Stat} of ${Metric.MetricName}: expected Sum, Average, Minimum or Maximum`);
    }
  }
}

function keyOf({ Namespace, MetricName, Dimensions = [] }: Partial<MetricName>): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${nameOf(Value)}`).sort();
  return [Namespace, MetricName, ...dimensions].join(' ');
}

/**
 * What a reference of a template says in a simulated world: a resource is named after its logical id.
 *
 * @throws Error if it is no reference to a name.
 */
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

/** Metric math of one period, with what its ids stand for. */
type Calculate = (period: number, look: (id: string) => number) => number;

const known = new Map<string, Calculate>();

/**
 * Metric math, of which this much is JavaScript, once there are the functions.
 *
 * @throws Error if there is more in it.
 */
function compile(expression: string): Calculate {
  if (!/^[\w\s.,()+\-*/<>=!&|]*$/.test(expression)) {
    throw new Error(`${expression} is more metric math than is known here`);
  }
  const ids = [...new Set(expression.match(/\b[a-z]\w*/g))];
  const code = expression.replace(/\bAND\b/g, '&&').replace(/\bOR\b/g, '||');
  const run = new Function('FILL', 'IF', 'PERIOD', ...ids, `return Number(${code});`);
  return (period, look) => {
    const value: number = run(fill, choose, () => period, ...ids.map(look));
    // A division by zero gives no data point.
    return Number.isFinite(value) ? value : Number.NaN;
  };
}

const fill = (value: number, filler: number) => (Number.isNaN(value) ? filler : value);

const choose = (condition: number | boolean, yes: number, no: number) =>
  Number.isNaN(condition) ? Number.NaN : condition ? yes : no;

/**
 * The next state of an alarm: real data points count first, however old, and only those lacking are made up.
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
  // All that is known breaches, but it is too little.
  if (TreatMissingData === 'ignore') {
    return state;
  }
  const [oldest = -1] = real.at(-1) ?? [];
  return oldest >= needed - 1 ? 'ALARM' : 'INSUFFICIENT_DATA';
}
