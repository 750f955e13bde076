import { compileTemplate } from '../template/compile.ts';
import { readDeployedTemplate } from '../template/deployed.ts';
import { createHandler } from './function.ts';
import { createTemplateReader } from './lines/template-lines.ts';

const template = compileTemplate(readDeployedTemplate());

/** The Lambda function that proves the events of the template beside its bundle, which needs no word lists. */
export const handler = createHandler(createTemplateReader(template), template.source);
