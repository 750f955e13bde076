import type { DeliveryStreamDescription } from '@aws-sdk/client-firehose';
import { describe, expect, it } from 'vitest';
import { streamChanges } from '../../lib/proof/stream-settings.ts';

const createStream = (s3: object = {}, overrides: object = {}): DeliveryStreamDescription =>
  ({
    DeliveryStreamName: 'my-stream',
    DeliveryStreamStatus: 'ACTIVE',
    DeliveryStreamType: 'DirectPut',
    Destinations: [{ ExtendedS3DestinationDescription: { BucketARN: 'arn:aws:s3:::my-bucket', ...s3 } }],
    ...overrides,
  }) as unknown as DeliveryStreamDescription;

const deployed = {
  bucketName: 'my-bucket',
  prefix: '!{timestamp:yyyy/MM/dd/HH}/',
  prefixTimeZone: 'UTC',
  bufferingInterval: '315',
  recordFormat: 'ndjson',
  match: 'bytes',
};

const lambda = { ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'Lambda' }] } };

describe('a stream with a canary', () => {
  it.each([
    ['it is as it was', {}, {}],
    ['it buffers for a shorter time', { BufferingHints: { IntervalInSeconds: 60 } }, {}],
    ['it compresses', { CompressionFormat: 'GZIP' }, {}],
    ['the canary knew of its Lambda', lambda, { recordFormat: 'single', match: 'id' }],
    ['the canary is more careful than it must be', {}, { recordFormat: 'single', match: 'id' }],
  ])('has not changed if %s', (_, s3, differs) => {
    expect(streamChanges(createStream(s3), { ...deployed, ...differs })).toEqual([]);
  });

  it.each([
    ['its bucket', { BucketARN: 'arn:aws:s3:::other' }, ['bucketName is now other, and was my-bucket']],
    ['its prefix', { Prefix: 'raw/' }, ['prefix is now raw/!{timestamp:yyyy/MM/dd/HH}/, and was !{']],
    ['its zone', { CustomTimeZone: 'Asia/Tokyo' }, ['prefixTimeZone is now Asia/Tokyo, and was UTC']],
    [
      'its buffering',
      { BufferingHints: { IntervalInSeconds: 900 } },
      ['bufferingInterval is now 900, and the prover first checks after 315 s'],
    ],
    [
      'its processors',
      lambda,
      ['recordFormat is now single, and was ndjson', 'match is now id, and was bytes'],
    ],
    [
      'its format',
      { DataFormatConversionConfiguration: { Enabled: true } },
      ['it delivers Parquet files, and a canary reads'],
    ],
  ])('has changed if it has another value of %s', (_, s3, changes) => {
    expect(streamChanges(createStream(s3), deployed)).toEqual(
      changes.map((change) => expect.stringContaining(change)),
    );
  });

  it('has changed if its source has', () => {
    const stream = createStream({}, { DeliveryStreamType: 'KinesisStreamAsSource' });
    expect(streamChanges(stream, deployed)).toEqual([expect.stringContaining('refuses PutRecord')]);
  });
});
