import { readFileSync } from 'node:fs';
import type { Sabotage } from './sabotage.ts';

/** The sabotages of sabotages.txt: lines with `-` are replaced by those with `+`, which must cause the violation `!`. */
export const sabotages: readonly Sabotage[] = readFileSync(
  new URL('./sabotages.txt', import.meta.url),
  'utf8',
)
  .split(/^== /m)
  .slice(1)
  .flatMap((ofFile) => {
    const [file, ...blocks] = ofFile.trim().split(/\n\n/);
    return blocks.map((block) => parse(file!, block.split('\n')));
  });

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
