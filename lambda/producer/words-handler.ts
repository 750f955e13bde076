import { compileTemplate } from '../template/compile.ts';
import { readDeployedTemplate } from '../template/deployed.ts';
import { findWordFunction } from '../template/word-functions.ts';
import { createTemplatePacker } from './events/template-events.ts';
import { createHandler } from './function.ts';

const template = compileTemplate(readDeployedTemplate(), { findWordFunction });

/** The Lambda function that sends the events of the template beside its bundle, with the word lists that it needs. */
export const handler = createHandler(createTemplatePacker(template), template.source);
