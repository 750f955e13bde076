import { createDefaultReader } from './default-lines.ts';
import { createHandler } from './function.ts';

/** The Lambda function that proves the events of the default template. */
export const handler = createHandler(createDefaultReader);
