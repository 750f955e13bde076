import type { CreateLineReader } from '../../lambda/prover/comparison/line-reader.ts';
import { createDefaultReader } from '../../lambda/prover/lines/default-lines.ts';
import { createTemplateReader } from '../../lambda/prover/lines/template-lines.ts';
import { checkTemplate } from '../template/check-template.ts';

/**
 * What finds out which lines are events.
 *
 * @param eventTemplate The template of the events. @default - the default template
 * @throws InvalidTemplateError if it cannot be used.
 */
export function readerOf(eventTemplate: string | undefined): CreateLineReader {
  if (eventTemplate === undefined) {
    return createDefaultReader;
  }
  const { isDefault, template } = checkTemplate(eventTemplate);
  return isDefault ? createDefaultReader : createTemplateReader(template);
}
