import { readFileSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { propsFromContext } from '../../lib/context.ts';
import { EventProducerStack } from '../../lib/event-producer-stack.ts';

/** cdk.json's own context, but without bundling: what the bundle does is tested end to end. */
const projectContext = {
  ...JSON.parse(readFileSync('cdk.json', 'utf8')).context,
  'aws:cdk:bundling-stacks': [],
};

/** The app as bin/app.ts makes it for `cdk synth -c key=value …`, not yet synthesized. */
export function createApp(context: Record<string, unknown> = {}): { app: App; stack: EventProducerStack } {
  const app = new App({ context: { ...projectContext, ...context } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new EventProducerStack(app, 'FirehoseEventProducer', propsFromContext(app));
  return { app, stack };
}

/** Its template. */
export function templateOf(context: Record<string, unknown> = {}): Template {
  return Template.fromStack(createApp(context).stack);
}
