import { describe, expect, it } from 'vitest';
import { InvalidContextError } from '../../lib/context.ts';
import { createApp, templateOf } from './synth.ts';

describe('CDK context', () => {
  it.each([
    [
      'count',
      'abc',
      'context count is "abc": expected a whole number from 1 to 10000000, for example -c count=5000',
    ],
    ['count', '0', 'context count is "0": expected'],
    ['count', '10000001', 'context count is "10000001": expected'],
    ['count', '', 'context count is "": expected'],
    ['schedule', 'every minute', 'context schedule is "every minute": expected rate('],
    ['schedule', 'rate(0 minutes)', 'context schedule is "rate(0 minutes)": expected'],
    ['schedule', 'cron(0 12 * * ?)', 'context schedule is "cron(0 12 * * ?)": expected'],
    [
      'timeZone',
      'Berlin',
      'context timeZone is "Berlin": expected an IANA time zone, for example -c timeZone=Europe/Berlin',
    ],
    [
      'recordFormat',
      'zip',
      'context recordFormat is "zip": expected ndjson, single or gzip, for example -c recordFormat=gzip',
    ],
    ['deliveryStreamName', 'my stream', 'context deliveryStreamName is "my stream": expected'],
    [
      'removal',
      'yes',
      'context removal is "yes": expected retain or destroy, for example -c removal=destroy',
    ],
  ])('stops synth when %s is %j', (key, value, message) => {
    // Act
    const create = () => createApp({ [key]: value });

    // Assess
    expect(create).toThrow(InvalidContextError);
    expect(create).toThrow(message);
  });

  it('lists every wrong value at once', () => {
    expect(() => createApp({ count: 'x', removal: 'y' })).toThrow(/count.*\n.*removal/);
  });

  it('takes numbers too, as cdk.json may hold them', () => {
    templateOf({ count: 5_000 }).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { DEFAULT_COUNT: '5000' } },
    });
  });

  it('warns of a key that nobody knows, which may be a typo', () => {
    // Prepare
    const { app } = createApp({ schedul: 'off' });

    // Act
    const warnings = app.node.metadata.filter(({ type }) => type === 'aws:cdk:warning');

    // Assess
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.data).toContain('context schedul is not known here: expected one of count, schedule');
  });

  it('warns of nothing otherwise', () => {
    expect(createApp().app.node.metadata).toEqual([]);
  });
});
