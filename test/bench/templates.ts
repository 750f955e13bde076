import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FunctionSettings } from '../../lib/emulator/lambda/settings.ts';
import { readTemplateFile } from '../../lib/template/template-file.ts';
import { buildPrograms, inTemporaryDirectory, inTurns, measureOnce } from './harness.ts';
import { atMost, type Section, show, type Target } from './section.ts';
import { median } from './statistics.ts';

const rounds = 5;

/** docs/events.md promises these figures, in µs per event: of one template, and of all templates with word lists. */
const promisedTemplate = 'docs/events/iot-sensor.json';
const promisedMicros = { packing: 0.7, proving: 1 };
const promisedMicrosWithWords = 20;

interface Subject {
  readonly file: string;
  readonly needsWords: boolean;
  readonly workload: keyof typeof promisedMicros;
}

export async function measureTemplates(): Promise<Section> {
  const subjects: Subject[] = readdirSync('docs/events').flatMap((name) => {
    const file = `docs/events/${name}`;
    const { needsWords } = readTemplateFile(file);
    return (['packing', 'proving'] as const).map((workload) => ({ file, needsWords, workload }));
  });
  return inTemporaryDirectory(async (directory) => {
    await buildPrograms(directory);
    const measured = await inTurns(rounds, subjects, async ({ file, needsWords, workload }) => {
      const events = needsWords ? 100_000 : 1_000_000;
      const settings: FunctionSettings = {
        functionName: 'templates',
        assetDirectory: directory,
        handler: 'none',
        environment: { TEMPLATE_FILE: resolve(file) },
        memoryMiB: 2_048,
        timeoutMs: 900_000,
      };
      const experiment = { module: 'stages', workload, events };
      // The workload sends nothing.
      const { durationMs } = await measureOnce(directory, settings, 'http://127.0.0.1:1', experiment);
      return (durationMs * 1e3) / events;
    });
    const figures = subjects.map((subject, place) => ({ ...subject, micros: median(measured[place]!) }));
    return {
      table: [
        ['template', 'work', 'µs/event', 'events/s'],
        ...figures.map(({ file, workload, micros }) => [
          file,
          workload === 'packing' ? 'generation and packing' : workload,
          show(micros, 2),
          show(1e6 / micros),
        ]),
      ],
      targets: figures.flatMap(targetsOf),
    };
  });
}

function targetsOf({ file, needsWords, workload, micros }: Subject & { readonly micros: number }): Target[] {
  const promised = file === promisedTemplate ? promisedMicros[workload] : undefined;
  const bound = needsWords ? promisedMicrosWithWords : promised;
  return bound ? [atMost(`${file}, ${workload}`, bound, micros, 2, 'µs/event')] : [];
}
