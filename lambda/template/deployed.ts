import { readFileSync } from 'node:fs';

/** Name of the file with the template, beside the bundle of a function. */
export const deployedTemplateFile = 'event-template.txt';

/** The template that was deployed with this bundle. */
export function readDeployedTemplate(): string {
  return readFileSync(new URL(deployedTemplateFile, import.meta.url), 'utf8');
}
