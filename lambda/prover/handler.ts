import { createHandler } from './function.ts';
import { createDefaultReader } from './lines/default-lines.ts';

/** The Lambda function that proves the events of the default template. */
export const handler = createHandler(createDefaultReader);
