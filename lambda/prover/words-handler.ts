import { compileTemplate } from '../template/compile.ts';
import { readDeployedTemplate } from '../template/deployed.ts';
import { findWordFunction } from '../template/word-functions.ts';
import { createHandler } from './function.ts';
import { createTemplateReader } from './lines/template-lines.ts';

const template = compileTemplate(readDeployedTemplate(), { findWordFunction });

/** The Lambda function that proves the events of the template beside its bundle, with the word lists that it needs. */
export const handler = createHandler(createTemplateReader(template), template.source);
