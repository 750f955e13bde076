import { Stack, Validations } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * Acknowledges cdk-nag's finding on a role that may use the objects of a bucket.
 *
 * @param keys The pattern of their keys, as the role's policy has it.
 */
export function acknowledgeObjects(role: IConstruct, bucket: IBucket, keys: string, reason: string): void {
  const acknowledge = () => {
    const arn = flatten(Stack.of(role).resolve(bucket.arnForObjects(keys)));
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${arn}]`, reason });
    return [];
  };
  acknowledge();
  if (Stack.of(bucket) !== Stack.of(role)) {
    // The name of the other stack's export is known only now.
    role.node.addValidation({ validate: acknowledge });
  }
}

/** CloudFormation's functions, by their names. */
const flatteners: Readonly<Record<string, (argument: never) => string>> = {
  Ref: (name: string) => `<${name}>`,
  'Fn::GetAtt': (parts: readonly string[]) => `<${parts.join('.')}>`,
  'Fn::Join': ([delimiter, items]: [string, readonly unknown[]]) => items.map(flatten).join(delimiter),
  'Fn::Sub': flatten,
  'Fn::ImportValue': flatten,
};

/** A resolved value, as cdk-nag writes it in its findings. */
function flatten(value: unknown): string {
  if (typeof value === 'string') {
    return value.replaceAll('${', '<').replaceAll('}', '>');
  }
  const [[name, argument] = ['', undefined]] = Object.entries(value as object);
  return flatteners[name]?.(argument as never) ?? JSON.stringify(value);
}
