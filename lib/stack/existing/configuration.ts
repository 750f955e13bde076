import { type IResolvable, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

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
