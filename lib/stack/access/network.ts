import { Validations } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';

/** The network of both functions. */
export interface NetworkOptions {
  /**
   * The VPC of both functions. It needs a way to Firehose, SQS and S3: docs/options.md.
   *
   * @default - the functions are in no VPC
   */
  readonly vpc?: IVpc;

  /** The subnets in `vpc`. @default - its private subnets */
  readonly subnets?: SubnetSelection;

  /** The security groups of both functions in `vpc`. @default - a group each, with all outbound traffic */
  readonly securityGroups?: readonly ISecurityGroup[];
}

/** Lets a function with this role be in the VPC. */
export function networkOf(
  role: Role,
  { vpc, subnets, securityGroups }: NetworkOptions,
): Pick<FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'> {
  if (!vpc) {
    return {};
  }
  // Those of AWS's managed policy AWSLambdaVPCAccessExecutionRole, without its logs of the whole account.
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    }),
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'Lambda checks that a role may make and describe network interfaces, which have no name before they exist.',
  });
  return {
    vpc,
    ...(subnets && { vpcSubnets: subnets }),
    ...(securityGroups && { securityGroups: [...securityGroups] }),
  };
}
