import { AwsError, account, kinesisStreamArn } from '../aws-json.ts';
import type { Shard } from './shard.ts';
import type { KinesisStream } from './stream.ts';

/** A shard, its stream and the account, as they are in AWS's errors. */
export function nameOf({ shardId }: Pick<Shard, 'shardId'>, { settings }: KinesisStream): string {
  return `${shardId} in stream ${settings.streamName} under account ${account}`;
}

/** @param id As in AWS, anything that ends with the shard's index. */
export function findShard(stream: KinesisStream, id: string): Shard {
  const index = /^(?:.*-)?0*(\d{1,10})$/.exec(id)?.[1];
  if (index === undefined || Number(index) >= 2 ** 31) {
    const message = `Could not find shard ${nameOf({ shardId: id }, stream)}.`;
    throw new AwsError('ResourceNotFoundException', message);
  }
  const shard = stream.shards[Number(index)];
  if (shard === undefined) {
    const shardId = `shardId-${index.padStart(12, '0')}`;
    throw new AwsError('ResourceNotFoundException', `Shard ${nameOf({ shardId }, stream)} does not exist`);
  }
  return shard;
}

/** What StreamDescription, StreamDescriptionSummary and StreamSummary have in common. */
export function describeStream({ settings, createdMs }: KinesisStream) {
  return {
    StreamName: settings.streamName,
    StreamARN: kinesisStreamArn(settings.streamName),
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: settings.onDemand ? 'ON_DEMAND' : 'PROVISIONED' },
    StreamCreationTimestamp: createdMs / 1_000,
    RetentionPeriodHours: 24,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  };
}

export function describeShard(shard: Shard) {
  const [parent, adjacentParent] = shard.parents;
  return {
    ShardId: shard.shardId,
    ...(parent && { ParentShardId: parent.shardId }),
    ...(adjacentParent && { AdjacentParentShardId: adjacentParent.shardId }),
    HashKeyRange: describeRange(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: shard.sequenceNumber(0),
      ...(shard.isClosed && { EndingSequenceNumber: shard.sequenceNumber(shard.end) }),
    },
  };
}

/** The ChildShards of a shard that was replaced. */
export function describeChildren(shard: Shard, { shards }: KinesisStream) {
  return shards
    .filter(({ parents }) => parents.includes(shard))
    .map((child) => ({
      ShardId: child.shardId,
      ParentShards: child.parents.map(({ shardId }) => shardId),
      HashKeyRange: describeRange(child),
    }));
}

function describeRange({ hashRange }: Shard) {
  return { StartingHashKey: String(hashRange.start), EndingHashKey: String(hashRange.end) };
}
