import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../../lambda/prover/claims/environment.ts';
import { InvalidEnvironmentError } from '../../../lambda/runtime/errors.ts';
import { createEnvironment, proverEnvironment } from '../factories.ts';

describe("the prover's environment", () => {
  it('is parsed, with defaults for its own bucket', () => {
    expect(parseEnvironment({ ...proverEnvironment, PATH: '/bin' })).toEqual(createEnvironment());
  });

  it('is parsed for a shared bucket', () => {
    // Prepare
    const { PREFIX: _, ERROR_PREFIX: __, ...needed } = proverEnvironment;

    // Act
    const environment = parseEnvironment({
      ...needed,
      SHARED: 'true',
      TIME_FACTOR: '60',
      LOST_AFTER_HOURS: '1.5',
    });

    // Assess
    expect(environment).toEqual(
      createEnvironment({ isShared: true, timeFactor: 60, lostAfterHours: 1.5, prefix: '', errorPrefix: '' }),
    );
  });

  it.each(['Asia/Calcutta', 'Asia/Kolkata', 'Australia/Lord_Howe'])('has the time zone %s', (zone) => {
    const environment = parseEnvironment({
      ...proverEnvironment,
      PREFIX_TIME_ZONE: zone,
      PARTITION: 'a=b=c,d=e',
    });
    expect(environment).toMatchObject({ prefixTimeZone: zone, partition: { a: 'b=c', d: 'e' } });
  });

  it.each(['kinesis', 'kinesis-on-demand'] as const)(
    'has the target %s, and names as long as its',
    (target) => {
      const DeliveryStreamName = 'k'.repeat(128);
      const environment = parseEnvironment({
        ...proverEnvironment,
        TARGET: target,
        DELIVERY_STREAM_NAME: DeliveryStreamName,
      });
      expect(environment).toMatchObject({ target, deliveryStreamName: DeliveryStreamName });
    },
  );

  it('lists all invalid variables', () => {
    // Act
    const parse = () =>
      parseEnvironment({
        ...proverEnvironment,
        DELIVERY_STREAM_NAME: 'k'.repeat(129),
        TARGET: 'sqs',
        BUCKET_NAME: undefined,
        PREFIX_TIME_ZONE: 'Asia/Tokio',
        PARTITION: 'customer',
        BUFFERING_SECONDS: '1351',
        SHARED: 'yes',
        TIME_FACTOR: '0',
        LOST_AFTER_HOURS: '0',
        PROOF_QUEUE_URL: 'proof',
      });

    // Assess
    expect(parse).toThrow(InvalidEnvironmentError);
    expect(parse).toThrow(
      [
        'Invalid environment variables:',
        `- DELIVERY_STREAM_NAME is "${'k'.repeat(129)}"; expected the name of a stream: 1 to 128 letters, digits, _, . or -, ` +
          'for example my-stream',
        '- TARGET is "sqs"; expected one of firehose, kinesis, kinesis-on-demand',
        '- BUCKET_NAME is undefined; expected the name of a bucket, for example my-bucket',
        '- PREFIX_TIME_ZONE is "Asia/Tokio"; expected a time zone, for example Asia/Tokyo',
        '- PARTITION is "customer"; expected partition keys and the values that the events get, without commas, for ' +
          'example customer=canary',
        '- BUFFERING_SECONDS is "1351"; expected 0 to 1350 seconds',
        '- SHARED is "yes"; expected true or false',
        '- LOST_AFTER_HOURS is "0"; expected hours, for example 25',
        '- PROOF_QUEUE_URL is "proof"; expected the URL of an SQS queue, for example ' +
          'https://sqs.us-east-1.amazonaws.com/123456789012/my-queue',
        '- TIME_FACTOR is "0"; expected 1 or more, for example 1',
      ].join('\n'),
    );
  });
});
