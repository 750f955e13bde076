import { describe, expect, it } from 'vitest';
import { targets } from '../../../lambda/contract/targets.ts';
import { parseEnvironment } from '../../../lambda/producer/invocation/environment.ts';
import { InvalidEnvironmentError } from '../../../lambda/runtime/errors.ts';
import { neededVariables as needed } from '../factories.ts';

const costFactors = { usdPerGb: 0.029, lambdaUsdPerGbSecond: 0.0000133334, memorySizeMiB: 512 };

describe("the function's environment", () => {
  it('needs nothing but the stream, the queue and the prices', () => {
    expect(parseEnvironment({ ...needed, PATH: '/bin' })).toEqual({
      settings: {
        count: 100,
        maxCount: 1_000_000_000,
        eventsPerSlice: 1_000_000,
        concurrency: 8,
        maxRequestBytes: 4_000_000,
        maxAttempts: 20,
      },
      deliveryStreamName: 'my-stream',
      target: targets.firehose,
      producerName: 'my-stack/Producer',
      prefix: '',
      recordFormat: 'ndjson',
      separator: 'after',
      workQueueUrl: needed.WORK_QUEUE_URL,
      costFactors,
    });
  });

  it('reads what the stack sets', () => {
    expect(
      parseEnvironment({
        ...needed,
        EVENTS_PER_SLICE: '7000',
        EVENTS_PER_SECOND: '50',
        PREFIX: 'raw/',
        RECORD_FORMAT: 'gzip',
        COUNT: '5000',
        MAX_COUNT: '6000',
        CONCURRENCY: '4',
        MAX_REQUEST_BYTES: '65536',
        MAX_ATTEMPTS: '1',
      }),
    ).toEqual({
      settings: {
        count: 5_000,
        maxCount: 6_000,
        eventsPerSlice: 7_000,
        eventsPerSecond: 50,
        concurrency: 4,
        maxRequestBytes: 65_536,
        maxAttempts: 1,
      },
      deliveryStreamName: 'my-stream',
      target: targets.firehose,
      producerName: 'my-stack/Producer',
      prefix: 'raw/',
      recordFormat: 'gzip',
      separator: 'after',
      workQueueUrl: needed.WORK_QUEUE_URL,
      costFactors,
    });
  });

  it('knows where claims go only if both variables say so', () => {
    // Prepare
    const ProofQueueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/proof';
    const ProofDelaySeconds = '90';

    // Act
    const { proof } = parseEnvironment({
      ...needed,
      PROOF_QUEUE_URL: ProofQueueUrl,
      PROOF_DELAY_SECONDS: ProofDelaySeconds,
    });

    // Assess
    expect(proof).toEqual({ queueUrl: ProofQueueUrl, delaySeconds: 90 });
    expect(() => parseEnvironment({ ...needed, PROOF_QUEUE_URL: ProofQueueUrl })).toThrow(
      'PROOF_QUEUE_URL is set, PROOF_DELAY_SECONDS is not; expected both',
    );
    expect(() => parseEnvironment({ ...needed, PROOF_DELAY_SECONDS: ProofDelaySeconds })).toThrow(
      'PROOF_QUEUE_URL is not',
    );
  });

  it('takes the price of its target', () => {
    const { FIREHOSE_USD_PER_GB: _, ...others } = needed;
    const { target, costFactors } = parseEnvironment({
      ...others,
      TARGET: 'kinesis-on-demand',
      KINESIS_USD_PER_GB: '0.08',
    });
    expect(target).toBe(targets['kinesis-on-demand']);
    expect(costFactors.usdPerGb).toBe(0.08);
  });

  it.each([
    ['PROOF_DELAY_SECONDS', '901', 'PROOF_DELAY_SECONDS is "901"; expected a whole number from 0 to 900'],
    ['PROOF_QUEUE_URL', 'proof', 'PROOF_QUEUE_URL is "proof"; expected the URL of an SQS queue'],
    ['DELIVERY_STREAM_NAME', undefined, 'DELIVERY_STREAM_NAME is undefined; expected'],
    ['DELIVERY_STREAM_NAME', 'my stream', 'DELIVERY_STREAM_NAME is "my stream"; expected'],
    ['RECORD_FORMAT', 'zip', 'RECORD_FORMAT is "zip"; expected one of ndjson, single, gzip'],
    ['WORK_QUEUE_URL', 'my-queue', 'WORK_QUEUE_URL is "my-queue"; expected the URL of an SQS queue'],
    ['COUNT', '1000000001', 'COUNT is 1000000001; expected at most MAX_COUNT, which is 1000000000'],
    ['CONCURRENCY', '0', 'CONCURRENCY is "0"; expected a whole number from 1 to 64, for example 8'],
    ['CONCURRENCY', '1e1', 'CONCURRENCY is "1e1"; expected'],
    ['MAX_REQUEST_BYTES', '5000000', 'MAX_REQUEST_BYTES is "5000000"; expected'],
    ['MAX_ATTEMPTS', '', 'MAX_ATTEMPTS is ""; expected'],
    ['FIREHOSE_USD_PER_GB', undefined, 'FIREHOSE_USD_PER_GB is undefined; expected a price in US dollars'],
    ['TARGET', 'kafka', 'TARGET is "kafka"; expected one of firehose, kinesis, kinesis-on-demand'],
    ['TARGET', 'kinesis', 'KINESIS_USD_PER_GB is undefined; expected a price in US dollars'],
    ['FIREHOSE_USD_PER_GB', '-1', 'FIREHOSE_USD_PER_GB is "-1"; expected a price'],
    ['LAMBDA_USD_PER_GB_SECOND', '', 'LAMBDA_USD_PER_GB_SECOND is ""; expected a price'],
    ['AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'much', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE is "much"; expected'],
  ])('refuses %s = %s', (name, value, problem) => {
    const parse = () => parseEnvironment({ ...needed, [name]: value });
    expect(parse).toThrow(InvalidEnvironmentError);
    expect(parse).toThrow(problem);
  });

  it('lists every problem at once', () => {
    expect(() => parseEnvironment({ CONCURRENCY: 'x', MAX_COUNT: 'y' })).toThrow(
      /MAX_COUNT is "y".*CONCURRENCY is "x".*DELIVERY_STREAM_NAME is undefined; expected the name/s,
    );
  });
});
