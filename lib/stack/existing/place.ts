import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { ResourceEnvironment } from 'aws-cdk-lib/interfaces';
import type { IConstruct } from 'constructs';
import { PropError } from '../prop-checks.ts';

/** @throws PropError if a stream, the value of a prop, is in another region or account than the stack: its functions call their own. */
export function checkPlace(
  scope: IConstruct,
  prop: 'deliveryStream' | 'kinesisStream',
  arn: string,
  env: ResourceEnvironment,
): void {
  const stack = Stack.of(scope);
  const parts = arn.replaceAll(/\$\{Token\[[^\]]*\]\}/g, '').split(':');
  // A stream of another stack has its environment, an imported one its ARN.
  const places = [
    ['region', parts[3] || env.region, stack.region],
    ['account', parts[4] || env.account, stack.account],
  ] as const;
  for (const [kind, its, own] of places) {
    if (its === own || Token.isUnresolved(its)) {
      continue;
    }
    const text = `${prop} is in the ${kind} ${its}, but the functions call the stream in the stack's`;
    if (!Token.isUnresolved(own)) {
      throw new PropError(scope, `${text}, ${own}: put the producer into a stack of ${its}`);
    }
    Annotations.of(scope).addWarningV2(
      `firehose-event-producer:${kind}`,
      `${text}, which is not known yet: deploy the stack there, and set its env`,
    );
  }
}
