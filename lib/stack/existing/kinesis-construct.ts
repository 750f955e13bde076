import { CfnResource, Duration, Token } from 'aws-cdk-lib';
import { CfnStream, type IStream } from 'aws-cdk-lib/aws-kinesis';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import type { KinesisSourceOptions, KinesisStreamOptions } from '../kinesis/kinesis-stream.ts';
import { checkedSetting, hoursOf, PropError } from '../prop-checks.ts';
import { differ, known, plain } from './configuration.ts';
import { checkPlace } from './place.ts';

type GivenProps = KinesisStreamOptions &
  Pick<KinesisSourceOptions, 'onDemand' | 'shards'> & { readonly streamKey?: IKey };

/**
 * The props, with what an existing Kinesis stream of the app says for those that are not given.
 *
 * @throws PropError with a number out of its bounds, each prop that contradicts the stream, or if the stream is elsewhere.
 */
export function withKinesisSettings<Props extends GivenProps>(scope: IConstruct, given: Props): Props {
  const { kinesisStream, kinesisRetention, onDemand, streamKey } = given;
  checkedSetting(scope, 'shards', given.shards);
  const hours = checkedSetting(scope, 'kinesisRetention', hoursOf(kinesisRetention));
  if (!kinesisStream) {
    return given;
  }
  checkPlace(scope, 'kinesisStream', kinesisStream.streamArn, kinesisStream.env);
  const stream = settingsOf(kinesisStream);
  const differs = (own: unknown, its: unknown) => own !== undefined && its !== undefined && own !== its;
  const problems = [
    kinesisRetention &&
      differs(hours, stream.retentionHours) &&
      `kinesisRetention is ${hours} hours, but kinesisStream keeps records for ${stream.retentionHours}: leave kinesisRetention out`,
    differs(onDemand, stream.onDemand) &&
      `onDemand is ${onDemand}, but kinesisStream is ${stream.onDemand ? 'on demand' : 'provisioned'}: leave onDemand out`,
    differ(scope, streamKey?.keyArn, stream.keyArn) &&
      'streamKey is set, but kinesisStream has another key: leave streamKey out',
  ].filter((problem) => problem);
  if (problems.length > 0) {
    throw new PropError(scope, problems.join('\n'));
  }
  return {
    ...given,
    onDemand: onDemand ?? stream.onDemand,
    kinesisRetention: kinesisRetention ?? (stream.retentionHours && Duration.hours(stream.retentionHours)),
    streamKey: streamKey ?? (stream.keyArn && Key.fromKeyArn(scope, 'StreamKey', stream.keyArn)),
  };
}

/** Nothing that an imported stream does not know, or that is known only later. */
function settingsOf(kinesisStream: IStream) {
  const stream = kinesisStream.node.defaultChild as CfnStream;
  const isOfApp =
    CfnResource.isCfnResource(stream) && stream.cfnResourceType === CfnStream.CFN_RESOURCE_TYPE_NAME;
  if (!isOfApp) {
    return { keyArn: kinesisStream.encryptionKey?.keyArn };
  }
  const { keyId } = plain<CfnStream.StreamEncryptionProperty>(stream.streamEncryption);
  const { streamMode } = plain<CfnStream.StreamModeDetailsProperty>(stream.streamModeDetails);
  const isArn = keyId?.startsWith('arn:') || Token.isUnresolved(keyId);
  return {
    retentionHours: known(stream.retentionPeriodHours),
    onDemand: streamMode === undefined ? undefined : known(streamMode) === 'ON_DEMAND',
    keyArn: isArn ? keyId : undefined,
  };
}
