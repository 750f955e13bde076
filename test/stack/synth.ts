import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { propsFromContext } from '../../lib/stack/context.ts';
import { EventProducerStack, type EventProducerStackProps } from '../../lib/stack/event-producer-stack.ts';
import { alarmNames } from '../../lib/stack/monitoring/alarms.ts';
import { defaultStackName } from '../../lib/stack/outputs.ts';

/** Names of the alarms of a stack that sends to a delivery stream. */
export const directPutAlarms = alarmNames.filter((name) => name !== 'FirehoseBehind');

const projectContext = JSON.parse(readFileSync('cdk.json', 'utf8')).context;

/** Most tests of the stack need no bundle. */
const withoutBundles = { ...projectContext, 'aws:cdk:bundling-stacks': [] };

/**
 * The app as bin/app.ts makes it for `cdk synth -c key=value …`, not yet synthesized: it throws on the first finding of
 * cdk-nag or of the CDK's own validator.
 */
export function createApp(context: Record<string, unknown> = {}): { app: App; stack: EventProducerStack } {
  const app = new App({ context: { ...withoutBundles, ...context } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack: new EventProducerStack(app, defaultStackName, propsFromContext(app)) };
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
    context: { ...withoutBundles, ...context },
    builtinCloudFormationValidation: false,
  });
  return new EventProducerStack(app, defaultStackName, { ...propsFromContext(app), ...props });
}

const synthesized = new Map<string, { stack: EventProducerStack; template: Template }>();

/** The same with its template, made once for each context: not to be changed. */
export function synthOf(context: Record<string, unknown> = {}) {
  const key = JSON.stringify(context);
  let synth = synthesized.get(key);
  if (!synth) {
    const stack = createStack(context);
    synth = { stack, template: Template.fromStack(stack) };
    synthesized.set(key, synth);
  }
  return synth;
}

/** Its template. */
export function templateOf(context: Record<string, unknown> = {}): Template {
  return synthOf(context).template;
}

/** Its template at the level of monitoring `full`. */
export function fullTemplateOf(context: Record<string, unknown> = {}): Template {
  return templateOf({ monitoring: 'full', ...context });
}

const assemblies = new Map<string, string>();

/**
 * The directory of its cloud assembly with the bundles, made once for each context. `npm start` has it made by the CDK's
 * command line, in a process of its own, which takes several times as long.
 */
export function assemblyOf(context: Record<string, string> = {}): string {
  const key = JSON.stringify(context);
  const directory = assemblies.get(key) ?? mkdtempSync(join(tmpdir(), 'assembly-'));
  if (!assemblies.has(key)) {
    const app = new App({
      outdir: directory,
      context: { ...projectContext, ...context },
      builtinCloudFormationValidation: false,
    });
    new EventProducerStack(app, defaultStackName, propsFromContext(app));
    app.synth();
    assemblies.set(key, directory);
  }
  return directory;
}
