import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type ISecurityGroup, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import { EventProducer, type EventProducerProps } from '../../lib/stack/event-producer.ts';
import { createApp, propertiesOf, statementsOf } from './constructs.ts';

const functions = [/ProducerFunction/, /ProverFunction/];
const roles = [/ProducerFunctionRole/, /ProverRole/];

function createNetwork() {
  const stack = new Stack(createApp(), 'Own');
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['eu-west-1a'],
    privateSubnetIds: ['subnet-private'],
    isolatedSubnetIds: ['subnet-isolated'],
  });
  const securityGroup = SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
  return { stack, vpc, securityGroup };
}

describe('vpc', () => {
  it('puts both functions into the subnets and security groups', () => {
    // Prepare
    const { stack, vpc, securityGroup } = createNetwork();

    // Act
    new EventProducer(stack, 'Producer', {
      vpc,
      subnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [securityGroup],
    });

    // Assess
    for (const id of functions) {
      expect(propertiesOf(stack, 'AWS::Lambda::Function', id).VpcConfig).toEqual({
        SubnetIds: ['subnet-isolated'],
        SecurityGroupIds: ['sg-1'],
      });
    }
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  it('is in its private subnets by default, with a security group for each function', () => {
    // Prepare
    const { stack, vpc } = createNetwork();

    // Act
    new EventProducer(stack, 'Producer', { vpc });

    // Assess
    const groups = functions.map((id) => {
      const { SubnetIds, SecurityGroupIds } = propertiesOf(stack, 'AWS::Lambda::Function', id).VpcConfig;
      expect(SubnetIds).toEqual(['subnet-private']);
      return JSON.stringify(SecurityGroupIds);
    });
    expect(new Set(groups).size).toBe(2);
  });

  it('lets the roles have network interfaces, and name * for nothing else', () => {
    // Prepare
    const { stack, vpc } = createNetwork();

    // Act
    new EventProducer(stack, 'Producer', { vpc });

    // Assess
    for (const role of roles) {
      expect(statementsOf(stack, role).filter(({ Resource }) => Resource === '*')).toEqual([
        {
          Effect: 'Allow',
          Resource: '*',
          Action: [
            'ec2:AssignPrivateIpAddresses',
            'ec2:CreateNetworkInterface',
            'ec2:DeleteNetworkInterface',
            'ec2:DescribeNetworkInterfaces',
            'ec2:DescribeSubnets',
            'ec2:UnassignPrivateIpAddresses',
          ],
        },
      ]);
    }
    const managed = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role')).filter(
      ({ Properties }) => Properties.ManagedPolicyArns,
    );
    expect(managed).toEqual([]);
  });

  it('is missing without the prop, and so is *', () => {
    // Prepare
    const { stack } = createNetwork();

    // Act
    new EventProducer(stack, 'Producer');

    // Assess
    for (const [place, id] of functions.entries()) {
      expect(propertiesOf(stack, 'AWS::Lambda::Function', id)).not.toHaveProperty('VpcConfig');
      expect(statementsOf(stack, roles[place]!).filter(({ Resource }) => Resource === '*')).toEqual([]);
    }
  });

  it.each<[(group: ISecurityGroup) => EventProducerProps, string]>([
    [() => ({ subnets: {} }), 'subnets is set, but vpc is not: set it, or leave subnets out'],
    [(group) => ({ securityGroups: [group] }), 'securityGroups is set, but vpc is not: '],
    [() => ({ vpc: 'vpc-1' as never }), 'vpc is "vpc-1": expected a VPC, for example Vpc.fromLookup('],
  ])('is refused incomplete or as another type: %s', (propsOf, message) => {
    const { stack, securityGroup } = createNetwork();
    const create = () => new EventProducer(stack, 'Producer', propsOf(securityGroup));
    expect(create).toThrow(
      expect.objectContaining({ name: 'PropError', message: expect.stringContaining(message) }),
    );
  });
});
