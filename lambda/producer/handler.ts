import { createDefaultPacker } from './events/default-events.ts';
import { createHandler } from './function.ts';

/** The Lambda function that sends the events of the default template. */
export const handler = createHandler(createDefaultPacker);
