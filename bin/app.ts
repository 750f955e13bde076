import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { InvalidContextError, propsFromContext } from '../lib/stack/context.ts';
import { EventProducerStack } from '../lib/stack/event-producer-stack.ts';

try {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new EventProducerStack(app, 'FirehoseEventProducer', propsFromContext(app));
} catch (error) {
  if (!(error instanceof InvalidContextError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
