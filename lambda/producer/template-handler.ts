import { compileTemplate } from '../template/compile.ts';
import { readDeployedTemplate } from '../template/deployed.ts';
import { createHandler } from './function.ts';
import { createTemplatePacker } from './template-events.ts';

/** The Lambda function that sends the events of the template beside its bundle, which needs no word lists. */
export const handler = createHandler(createTemplatePacker(compileTemplate(readDeployedTemplate())));
