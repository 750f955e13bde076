import { createDefaultPacker } from './events/default-events.ts';
import { createHandler } from './function.ts';

export const handler = createHandler(createDefaultPacker);
