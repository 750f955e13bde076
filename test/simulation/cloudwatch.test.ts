import { describe, expect, it } from 'vitest';
import { type AlarmProperties, CloudWatch } from './aws/cloudwatch.ts';

const minuteMs = 60_000;
const metric = {
  Namespace: 'Test',
  MetricName: 'Trouble',
  Dimensions: [{ Name: 'Of', Value: { Ref: 'Me' } }],
};

/** An alarm on a minute's sum over zero, three times in a row. */
function createAlarm(properties: Partial<AlarmProperties> = {}): AlarmProperties {
  return {
    ...metric,
    Statistic: 'Sum',
    Period: 60,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 3,
    ...properties,
  };
}

/** An alarm on an expression of the metrics a and b in a minute. */
function createExpressionAlarm(
  Expression: string,
  properties: Partial<AlarmProperties> = {},
): AlarmProperties {
  const stat = (Id: string) => ({
    Id,
    MetricStat: { Stat: 'Sum', Period: 60, Metric: { ...metric, MetricName: Id } } as const,
    ReturnData: false,
  });
  return {
    Threshold: 0,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    EvaluationPeriods: 1,
    ...properties,
    Metrics: [{ Id: 'expr_1', Expression }, stat('a'), stat('b')],
  };
}

/** A CloudWatch that holds a data point a minute, from minute 0 on; none where there is no number. */
function createCloudWatch(points: readonly (number | undefined)[], MetricName = metric.MetricName) {
  const cloudWatch = new CloudWatch(() => 0);
  for (const [minute, value] of points.entries()) {
    if (value !== undefined) {
      cloudWatch.put({ ...metric, MetricName }, value, minute * minuteMs);
    }
  }
  return cloudWatch;
}

/** Data points as the CloudWatch guide writes them: X breaches, 0 doesn't, - is missing. */
const parse = (text: string) => text.split(' ').map((point) => ({ X: 1, '0': 0 })[point]);

describe('an alarm', () => {
  // The tables of the CloudWatch guide, "How alarm state is evaluated when data is missing": data points, datapoints to
  // alarm, and the state if missing data is missing, ignored, breaching and not breaching.
  it.each([
    ['0 - X - X', 3, 'OK', 'OK', 'OK', 'OK'],
    ['0 - - - -', 3, 'OK', 'OK', 'OK', 'OK'],
    ['- - - - -', 3, 'INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK'],
    ['0 X X - X', 3, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['- - X - -', 3, 'ALARM', 'retain', 'ALARM', 'OK'],
    ['- - - - X', 3, 'INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK'],
    ['0 - X - X', 2, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 2, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 - X - -', 2, 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - - 0', 2, 'OK', 'OK', 'ALARM', 'OK'],
  ] as const)('on %s, %i of 3, goes where the guide says', (points, DatapointsToAlarm, ...states) => {
    for (const [place, TreatMissingData] of (
      ['missing', 'ignore', 'breaching', 'notBreaching'] as const
    ).entries()) {
      for (const [before, retained] of [
        [0, 'OK'],
        [1, 'ALARM'],
      ] as const) {
        // Prepare
        const alarm = createAlarm({ DatapointsToAlarm, TreatMissingData });
        const cloudWatch = createCloudWatch([before, before, before, ...parse(points)]);

        // Act
        const changes = cloudWatch.statesOf(alarm, 3 * minuteMs, 8 * minuteMs);

        // Assess
        expect(changes.at(-1)!.state).toBe(states[place] === 'retain' ? retained : states[place]);
      }
    }
  });

  it('goes back to OK when the trouble ends, minute by minute', () => {
    // Act
    const cloudWatch = createCloudWatch(parse('0 0 X X X 0'));
    const changes = cloudWatch.statesOf(createAlarm(), 2 * minuteMs, 6 * minuteMs);

    // Assess
    expect(changes.map(({ atMs, state }) => [atMs / minuteMs, state])).toEqual([
      [2, 'OK'],
      [5, 'ALARM'],
      [6, 'OK'],
    ]);
  });

  it.each([
    ['Sum', 6],
    ['Average', 2],
    ['Minimum', 1],
    ['Maximum', 3],
  ] as const)('compares the %s of a period', (Statistic, value) => {
    // Prepare
    const alarm = createAlarm({ Statistic, Period: 180, EvaluationPeriods: 1, Threshold: value });
    const stateOf = (properties: Partial<AlarmProperties>) =>
      createCloudWatch([1, 2, 3]).statesOf({ ...alarm, ...properties }, 3 * minuteMs, 3 * minuteMs)[0]!.state;

    // Assess
    expect(stateOf({ ComparisonOperator: 'GreaterThanOrEqualToThreshold' })).toBe('ALARM');
    expect(stateOf({ ComparisonOperator: 'LessThanOrEqualToThreshold' })).toBe('ALARM');
    expect(stateOf({ ComparisonOperator: 'GreaterThanThreshold' })).toBe('OK');
    expect(stateOf({ ComparisonOperator: 'LessThanThreshold' })).toBe('OK');
  });

  it('ignores a data point that comes too late for its periods', () => {
    // Prepare
    let nowMs = 0;
    const cloudWatch = new CloudWatch(() => nowMs, minuteMs);
    for (let minute = 0; minute < 10; minute += 1) {
      nowMs = (minute + 1) * minuteMs;
      cloudWatch.put(metric, 0, minute * minuteMs);
    }
    cloudWatch.put(metric, 1, 0);

    // Act
    const statesOf = (EvaluationPeriods: number) =>
      cloudWatch.statesOf(createAlarm({ EvaluationPeriods, DatapointsToAlarm: 1 }), 0, 30 * minuteMs);
    const [late, inTime] = [statesOf(1), statesOf(11)];

    // Assess
    expect(late.map(({ state }) => state)).not.toContain('ALARM');
    expect(inTime.find(({ state }) => state === 'ALARM')?.atMs).toBe(11 * minuteMs);
  });

  it.each([
    ['100 * a / (a + b)', 6, 4, 60],
    ['100 * a / (a + b)', 6, undefined, undefined],
    ['100 * a / (a + FILL(b, 0))', 6, undefined, 100],
    ['a / b', 6, 0, undefined],
    ['a / PERIOD(a)', 120, undefined, 2],
    ['IF(a > 5 AND FILL(b, 0) == 0, 2, 1)', 6, undefined, 2],
    ['IF(a > 5 AND FILL(b, 0) == 0, 2, 1)', 6, 1, 1],
    ['IF(a > 5 OR b > 5, 2, 1)', 5, 6, 2],
  ])('takes %s of %j and %j for %j', (expression, a, b, value) => {
    // Prepare
    const cloudWatch = createCloudWatch([a], 'a');
    if (b !== undefined) {
      cloudWatch.put({ ...metric, MetricName: 'b' }, b, 0);
    }
    const stateAt = (Threshold: number, TreatMissingData: 'breaching' | 'notBreaching') => {
      const alarm = createExpressionAlarm(expression, { Threshold, TreatMissingData });
      return cloudWatch.statesOf(alarm, minuteMs, minuteMs)[0]!.state;
    };

    // Assess
    expect(stateAt(value ?? 0, 'notBreaching')).toBe(value === undefined ? 'OK' : 'ALARM');
    expect(stateAt((value ?? 0) + 0.001, 'breaching')).toBe(value === undefined ? 'ALARM' : 'OK');
  });

  it.each([
    ['a ^ 2', 'is more metric math than is known here'],
    ['MAX(a)', 'MAX is not defined'],
  ])('on %s is rejected, because it would have another meaning here', (expression, message) => {
    const alarm = createExpressionAlarm(expression);

    expect(() => createCloudWatch([1], 'a').statesOf(alarm, 0, 0)).toThrow(message);
  });

  it('ignores metrics of other dimensions', () => {
    // Prepare
    const cloudWatch = new CloudWatch(() => 0);
    cloudWatch.put({ ...metric, Dimensions: [{ Name: 'Of', Value: 'Somebody' }] }, 1, 0);
    const alarm = createAlarm({ EvaluationPeriods: 1 });
    const stateOf = () => cloudWatch.statesOf(alarm, minuteMs, minuteMs)[0]!.state;

    // Act
    const before = stateOf();
    cloudWatch.put({ ...metric, Dimensions: [{ Name: 'Of', Value: 'Me' }] }, 1, 0);

    // Assess
    expect(before).toBe('INSUFFICIENT_DATA');
    expect(stateOf()).toBe('ALARM');
  });

  it('rejects a reference to something without a name', () => {
    // Prepare
    const Value = { 'Fn::GetAtt': ['Queue', 'Arn'] };
    const alarm = createAlarm({ Dimensions: [{ Name: 'QueueName', Value }] });

    // Assess
    expect(() => new CloudWatch(() => 0).statesOf(alarm, 0, 0)).toThrow(
      '{"Fn::GetAtt":["Queue","Arn"]} is not the name of a resource',
    );
  });
});
