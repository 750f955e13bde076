import { Command } from 'commander';
import { runCommand } from '../../../lib/terminal/command.ts';
import { wholeNumberArgument } from '../../../lib/terminal/options.ts';
import { fuzzedTemplate } from './grammar.ts';
import { judge } from './judge.ts';

const number = wholeNumberArgument({ min: 1, max: 1_000_000_000, example: 500 });

/** Judges a template for each seed, prints faults and progress, and returns the number of faulty ones. */
function fuzz(from: number, templates: number): number {
  const startedMs = Date.now();
  let [faulty, accepted, worstMs] = [0, 0, 0];
  for (let seed = from; seed < from + templates; seed += 1) {
    const template = fuzzedTemplate(seed);
    const { isAccepted, checkMs, faults } = judge(template, seed);
    accepted += Number(isAccepted);
    worstMs = Math.max(worstMs, checkMs);
    if (faults.length > 0) {
      faulty += 1;
      const shown = JSON.stringify(template.source.slice(0, 1_000));
      console.log(`seed ${seed}: ${faults.join('; ')}\n  ${shown}\n  npm run fuzz -- --seed ${seed}`);
    }
    const done = seed - from + 1;
    if (done % 1_000 === 0 || done === templates) {
      const seconds = ((Date.now() - startedMs) / 1_000).toFixed(0);
      console.log(
        `${done} of ${templates} templates in ${seconds} s: ${faulty} faulty; ${accepted} accepted, ${done - accepted} refused; slowest check ${worstMs.toFixed(0)} ms`,
      );
    }
  }
  return faulty;
}

const command = new Command('npm run fuzz --')
  .description('Checks random templates, and proves their events.')
  .option('--templates <number>', 'number of templates', number, 500)
  .option('--from <number>', 'first seed', number, 1)
  .option('--seed <number>', 'only this seed', number);

await runCommand<{ templates: number; from: number; seed?: number }>(
  command,
  async ({ templates, from, seed }) => (fuzz(seed ?? from, seed === undefined ? templates : 1) > 0 ? 1 : 0),
  { example: 'npm run fuzz -- --templates 500' },
);
