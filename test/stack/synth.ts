import { readFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { propsFromContext } from '../../lib/stack/context.ts';
import { EventProducerStack, type EventProducerStackProps } from '../../lib/stack/event-producer-stack.ts';

/** cdk.json's own context, but without bundling: what the bundle does is tested end to end. */
const projectContext = {
  ...JSON.parse(readFileSync('cdk.json', 'utf8')).context,
  'aws:cdk:bundling-stacks': [],
};

/**
 * The app as bin/app.ts makes it for `cdk synth -c key=value …`, not yet synthesized: it throws on the first finding of
 * cdk-nag or of the CDK's own validator.
 */
export function createApp(context: Record<string, unknown> = {}): { app: App; stack: EventProducerStack } {
  const app = new App({ context: { ...projectContext, ...context } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack: new EventProducerStack(app, 'FirehoseEventProducer', propsFromContext(app)) };
}

/**
 * The stack of that app, without its checks, which take longer than the synthesis.
 *
 * @param props Props that the context does not know.
 */
export function createStack(
  context: Record<string, unknown> = {},
  props: EventProducerStackProps = {},
): EventProducerStack {
  const app = new App({
    context: { ...projectContext, ...context },
    builtinCloudFormationValidation: false,
  });
  return new EventProducerStack(app, 'FirehoseEventProducer', { ...propsFromContext(app), ...props });
}

const templates = new Map<string, Template>();

/** Its template, synthesized once for each context. */
export function templateOf(context: Record<string, unknown> = {}): Template {
  const key = JSON.stringify(context);
  const template = templates.get(key) ?? Template.fromStack(createStack(context));
  templates.set(key, template);
  return template;
}
