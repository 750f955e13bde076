import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The mapping of Firehose's IP ranges that the CDK adds to the stack of each delivery stream. */
const mappingId = '@aws-cdk/aws-kinesisfirehose.CidrBlocks';

/**
 * Makes a delivery stream without the mapping of Firehose's IP ranges, which only destinations within a VPC need: it would
 * be a warning in everybody's stack. One that was there before stays.
 */
export function withoutIpRanges<DeliveryStream>(
  scope: IConstruct,
  create: () => DeliveryStream,
): DeliveryStream {
  const { node } = Stack.of(scope);
  const mappingBefore = node.tryFindChild(mappingId);
  const deliveryStream = create();
  const mapping = node.tryFindChild(mappingId);
  if (mapping && !mappingBefore) {
    node.tryRemoveChild(mapping.node.id);
  }
  return deliveryStream;
}
