import { readdirSync } from 'node:fs';
import { defaultTemplate } from '../../lambda/template/deployed.ts';
import type { EventTemplate } from '../../lambda/template/event-template.ts';
import { previewEvents } from '../../lib/commands/preview.ts';
import { eventsFolder, partitionColumn } from '../../lib/lake/layout.ts';
import { checkTemplate } from '../../lib/template/check-template.ts';
import { readTemplateFile } from '../../lib/template/template-file.ts';

/** The example templates, by the names of their files. */
export const examples: ReadonlyMap<string, EventTemplate> = new Map(
  readdirSync('docs/events').map((file) => [file, readTemplateFile(`docs/events/${file}`).template]),
);

/** A template that was checked. */
export function templateOf(source = defaultTemplate): EventTemplate {
  return checkTemplate(source).template;
}

/** The key of an object of this hour. */
export function keyOf(name: string): string {
  return `${eventsFolder}${partitionColumn}=${new Date().toISOString().slice(0, 13).replace('T', '-')}/${name}.gz`;
}

/** The lines of a run, as the producer makes them, each with its `\n`. */
export function linesOf(
  template: EventTemplate,
  { count = 100, runId = 'run-1', timeMs = Date.parse('2026-11-22T10:00:00Z') } = {},
): string[] {
  const run = { deliveryStreamName: 'my-stream', runId, from: 0, to: count };
  return [...previewEvents(template, run, () => timeMs)].map((event) => event.toString());
}
