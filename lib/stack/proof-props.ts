import { Duration } from 'aws-cdk-lib';
import type { IDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { foreignBufferingSeconds } from '../../lambda/contract/settings.ts';
import { errorsFolder } from '../lake/layout.ts';
import { eventsPrefix } from './bucket-delivery-stream.ts';
import {
  completeKeyPrefix,
  defaultKeyPrefix,
  isKeyPrefix,
  keyPrefixExample,
  keyPrefixExpectation,
} from './key-prefix.ts';
import { PropError, requiredSetting, secondsOf } from './prop-checks.ts';
import type { ProverFunctionOptions, ProverFunctionProps } from './prover-function.ts';

/** What a user may say of proving. */
export interface ProofOptions extends ProverFunctionOptions {
  /**
   * The bucket that `deliveryStream` delivers to, so that its events are proven. Others may write to it, too.
   *
   * @default - the bucket of the created stream; that of another one is not known
   */
  readonly bucket?: IBucket;

  /**
   * What the keys of the objects in `bucket` start with, as `deliveryStream` has it. Expressions are those of Firehose:
   * `raw/!{timestamp:yyyy/MM/dd/HH}/`.
   *
   * @default '!{timestamp:yyyy/MM/dd/HH}/' - Firehose's own
   */
  readonly prefix?: string;

  /**
   * Whether a second function, the prover, reads the bucket after each run and compares.
   *
   * @default - whether the bucket is known: that of the created stream, or `bucket`
   */
  readonly proof?: boolean;
}

/** Where a stream delivers to. */
export type ProvenDestination = Pick<
  ProverFunctionProps,
  'bucket' | 'prefix' | 'errorPrefix' | 'bufferingInterval' | 'isShared'
>;

interface GivenProps extends ProofOptions {
  readonly deliveryStream?: IDeliveryStream;
  readonly bufferingInterval?: Duration;
}

/**
 * Where the prover looks for events; nothing if there is none.
 *
 * @param ownBucket The bucket of the created stream.
 * @throws PropError naming the prop and a remedy, if the props contradict each other, or the prefix doesn't fit.
 */
export function provenDestination(
  scope: IConstruct,
  props: GivenProps,
  ownBucket: IBucket | undefined,
): ProvenDestination | undefined {
  const { bucket, prefix, proof, deliveryStream } = props;
  for (const name of ['bucket', 'prefix'] as const) {
    if (props[name] !== undefined && !deliveryStream) {
      throw new PropError(
        scope,
        `${name} is set, but deliveryStream is not: the created stream has a bucket and a prefix of its own. Leave ` +
          `${name} out, or say which stream delivers there`,
      );
    }
  }
  if (prefix !== undefined && !isKeyPrefix(prefix)) {
    throw new PropError(
      scope,
      `prefix is "${prefix}": expected ${keyPrefixExpectation}, for example ${keyPrefixExample}`,
    );
  }
  if (prefix !== undefined && !bucket) {
    throw new PropError(
      scope,
      'prefix is set, but bucket is not: say which bucket deliveryStream delivers to',
    );
  }
  if (proof && !bucket && !ownBucket) {
    throw new PropError(
      scope,
      'proof is true, but the bucket that deliveryStream delivers to is not known: set bucket, for example ' +
        "Bucket.fromBucketName(this, 'Bucket', 'my-bucket')",
    );
  }
  if (proof === false) {
    return undefined;
  }
  if (ownBucket) {
    const seconds = requiredSetting(scope, 'bufferingInterval', secondsOf(props.bufferingInterval));
    return {
      bucket: ownBucket,
      prefix: eventsPrefix,
      errorPrefix: errorsFolder,
      bufferingInterval: Duration.seconds(seconds),
      isShared: false,
    };
  }
  const seconds = secondsOf(props.bufferingInterval) ?? foreignBufferingSeconds;
  return (
    bucket && {
      bucket,
      prefix: completeKeyPrefix(prefix ?? defaultKeyPrefix),
      bufferingInterval: Duration.seconds(requiredSetting(scope, 'bufferingInterval', seconds)),
      isShared: true,
    }
  );
}
