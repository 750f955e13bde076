import { readFileSync } from 'node:fs';

/** Name of the file with the template, beside the bundle of a function. */
export const deployedTemplateFile = 'event-template.txt';

export function readDeployedTemplate(): string {
  return readFileSync(new URL(deployedTemplateFile, import.meta.url), 'utf8');
}

/** The template used when none is configured. */
export const defaultTemplate = '{"{{random.uuid}}":"test-{{date.utc("YYYY-MM-DD HH:mm:ss")}}"}';
