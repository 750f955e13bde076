import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildContext, context, type PluginBuild } from 'esbuild';
import { scriptOptions } from '../../lib/package/script-options.ts';
import { worldsPerProof } from './worlds/scenario.ts';

export interface Change {
  readonly file: string;
  /** Text that the file has exactly once. */
  readonly search: string;
  readonly replace: string;
}

/** A change that breaks a rule, which the oracle must find. */
export interface Sabotage extends Change {
  readonly what: string;
  /** Part of the expected violation, with N for each number. */
  readonly violation: string;
  /** A seed that finds it. If it no longer does, the next ones are tried. */
  readonly seed: number;
  /** Whether it belongs to the fast tests. @default false */
  readonly isFast?: boolean;
}

export type Simulation = Pick<typeof import('./worlds/simulate.ts'), 'simulate' | 'simulateScenario'>;

/** Builds a module, the simulation by default, with sabotages in the code of lambda/. */
export class SaboteurBuild<Module = Simulation> {
  readonly #folder = mkdtempSync(join(tmpdir(), 'simulation-'));
  readonly #context: Promise<BuildContext<{ write: false }>>;
  #sabotage = { file: '', search: '', replace: '' };
  #builds = 0;

  constructor(entryPoint: URL = new URL('./worlds/simulate.ts', import.meta.url)) {
    this.#context = context({
      ...scriptOptions,
      entryPoints: [fileURLToPath(entryPoint)],
      write: false,
      logLevel: 'silent',
      plugins: [
        {
          name: 'sabotage',
          setup: ({ onLoad }: PluginBuild) =>
            onLoad({ filter: /lambda\/.+\.ts$/ }, ({ path }) => ({
              contents: this.#load(path),
              loader: 'ts',
            })),
        },
      ],
    });
  }

  /** @throws Error if the searched text is not in the file exactly once. */
  async build(sabotage: Change): Promise<Module> {
    this.#sabotage = sabotage;
    const { outputFiles } = await (await this.#context).rebuild();
    const path = join(this.#folder, `${this.#builds++}.mjs`);
    writeFileSync(path, outputFiles[0]!.contents);
    return import(pathToFileURL(path).href);
  }

  async dispose(): Promise<void> {
    await (await this.#context).dispose();
  }

  #load(path: string): string {
    const contents = readFileSync(path, 'utf8');
    const { file, search, replace } = this.#sabotage;
    if (!path.endsWith(`/lambda/${file}`)) {
      return contents;
    }
    if (contents.split(search).length !== 2) {
      throw new Error(`${file} does not have exactly once: ${search}`);
    }
    return contents.replace(search, () => replace);
  }
}

/** Limit of steps: healthy runs need less than half as many, and a proof takes days. */
const maxSteps = { run: 25_000, proof: 200_000 };

/** The violations in the first world that has any, with N for each number. */
export async function firstViolations({ simulate: run }: Simulation, { seed }: Sabotage): Promise<string[]> {
  for (let world = seed; world < seed + 200; world += 1) {
    const { violations } = await run(world, world % worldsPerProof === 0 ? maxSteps.proof : maxSteps.run);
    if (violations.length > 0) {
      return violations.map((violation) => violation.replace(/\d+/g, 'N'));
    }
  }
  return [];
}

/** The sabotages of a file: lines with `-` are replaced by those with `+`, which must cause the violation `!`. */
export function readSabotages(file: URL): readonly Sabotage[] {
  return readFileSync(file, 'utf8')
    .split(/^== /m)
    .slice(1)
    .flatMap((ofFile) => {
      const [path, ...blocks] = ofFile.trim().split(/\n\n/);
      return blocks.map((block) => parse(path!, block.split('\n')));
    });
}

export const sabotages: readonly Sabotage[] = readSabotages(new URL('./sabotages.txt', import.meta.url));

function parse(file: string, [what, ...lines]: readonly string[]): Sabotage {
  const marked = (mark: string) => {
    const texts = lines.filter((line) => line[0] === mark).map((line) => line.slice(2));
    return texts.join('\n');
  };
  const [seed, speed] = marked('#').split(' ');
  return {
    ...{ file, what: what!, search: marked('-'), replace: marked('+'), violation: marked('!') },
    seed: Number(seed),
    isFast: speed === 'fast',
  };
}
