import { compileTemplate } from '../template/compile.ts';
import { readDeployedTemplate } from '../template/deployed.ts';
import { createTemplatePacker } from './events/template-events.ts';
import { createHandler } from './function.ts';

const template = compileTemplate(readDeployedTemplate());

/** The Lambda function that sends the events of the template beside its bundle, which needs no word lists. */
export const handler = createHandler(createTemplatePacker(template), template.source);
