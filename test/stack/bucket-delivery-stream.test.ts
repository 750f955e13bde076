import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { describe, expect, it } from 'vitest';
import { withoutIpRanges } from '../../lib/stack/bucket-delivery-stream.ts';

const importStream = (stack: Stack, id: string) =>
  DeliveryStream.fromDeliveryStreamName(stack, id, 'my-stream');

describe("the mapping of Firehose's IP ranges", () => {
  it('is left out', () => {
    const stack = new Stack(new App(), 'Stack');
    withoutIpRanges(stack, () => importStream(stack, 'One'));
    expect(Template.fromStack(stack).toJSON()).not.toHaveProperty('Mappings');
  });

  it("stays where another stream of the user's brought it", () => {
    // Prepare
    const stack = new Stack(new App(), 'Stack');
    importStream(stack, 'Before');

    // Act
    withoutIpRanges(stack, () => importStream(stack, 'One'));

    // Assess
    expect(Template.fromStack(stack).toJSON()).toHaveProperty('Mappings');
  });
});
