import { App, type Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, type IApplyRule } from 'cdk-nag';
import { expect } from 'vitest';

/** The rule that a role of a construct `Producer` can break, alone: all rules take seconds. */
class WildcardChecks extends AwsSolutionsChecks {
  protected override applyRule(params: IApplyRule): void {
    if (params.ruleSuffixOverride === 'IAM5' && params.node.node.path.includes('/Producer/')) {
      super.applyRule(params);
    }
  }
}

/** For producers in apps of others: without bundles. Synth throws on a wildcard that is not acknowledged. */
export function createApp(): App {
  const app = new App({
    context: { 'aws:cdk:bundling-stacks': [] },
    builtinCloudFormationValidation: false,
  });
  Validations.of(app).addPlugins(new WildcardChecks());
  return app;
}

// biome-ignore lint/suspicious/noExplicitAny: the properties of any resource.
export type Properties = any;

/** The properties of the one resource of a type whose logical id matches. */
export function propertiesOf(stack: Stack, type: string, id: RegExp): Properties {
  const resources = Template.fromStack(stack).findResources(type);
  const found = Object.entries(resources).filter(([key]) => id.test(key));
  expect(found).toHaveLength(1);
  return found[0]![1].Properties;
}

/** The statements of the policy of a role. */
export const statementsOf = (stack: Stack, role: RegExp): Properties[] =>
  propertiesOf(stack, 'AWS::IAM::Policy', role).PolicyDocument.Statement;

/** What a role may do an action on. */
export const resourceOf = (stack: Stack, role: RegExp, ...actions: string[]) =>
  statementsOf(stack, role).find(({ Action }) => String(Action) === String(actions)).Resource;

export const variablesOf = (stack: Stack, id: RegExp) =>
  propertiesOf(stack, 'AWS::Lambda::Function', id).Environment.Variables;
