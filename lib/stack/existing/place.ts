import { Annotations, type IResolvable, Stack, Token } from 'aws-cdk-lib';
import type { ResourceEnvironment } from 'aws-cdk-lib/interfaces';
import type { IConstruct } from 'constructs';
import { PropError } from '../prop-checks.ts';

/** A value, unless it is a token. */
export function known<T>(value: T | undefined): T | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}

/** The properties of a configuration: none if it is missing, or a token. */
export function plain<T>(value: T | IResolvable | undefined): Partial<T> {
  return (value ?? {}) as Partial<T>;
}

/** Whether two ARNs certainly are those of different resources. */
export function differ(scope: IConstruct, first: string | undefined, second: string | undefined): boolean {
  if (first === undefined || second === undefined || first === second) {
    return false;
  }
  const [one, two] = [first, second].map((arn) =>
    JSON.stringify(Stack.of(scope).resolve(arn))
      .replace(/^.*:::/, '')
      .replace(/["\]}]+$/, ''),
  ) as [string, string];
  const kindOf = (arn: string) =>
    arn.startsWith('{"Fn::GetAtt"') ? 'of the app' : arn.includes('{"') ? 'unknown' : 'name';
  return one !== two && kindOf(one) === kindOf(two) && kindOf(one) !== 'unknown';
}

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
