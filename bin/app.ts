import { App, Validations } from 'aws-cdk-lib';
import { InvalidContextError, propsFromContext } from '../lib/stack/context.ts';
import { EventProducerStack } from '../lib/stack/event-producer-stack.ts';
import { defaultStackName } from '../lib/stack/outputs.ts';
import { PropError } from '../lib/stack/prop-checks.ts';

try {
  const app = new App();
  // What is not deployed is not checked: npm start says so, and does not have to load the checks.
  if (process.env.CDK_VALIDATION !== 'false') {
    const { AwsSolutionsChecks } = await import('cdk-nag');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  }
  new EventProducerStack(app, defaultStackName, propsFromContext(app));
} catch (error) {
  if (!(error instanceof InvalidContextError || error instanceof PropError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
