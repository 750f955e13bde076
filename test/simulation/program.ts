import { Command } from 'commander';
import { readTemplateFile } from '../../lib/template/template-file.ts';
import { runCommand } from '../../lib/terminal/command.ts';
import { wholeNumberArgument } from '../../lib/terminal/options.ts';
import { forecast } from './worlds/forecast.ts';
import { formatPacing } from './worlds/pacing.ts';
import { simulateSeeds } from './worlds/seeds.ts';

const number = wholeNumberArgument({ min: 1, max: 1_000_000_000_000, example: 1_000 });

const command = new Command('npm run simulate --')
  .description('Runs the producer in simulated worlds, and judges what came of it.')
  .option('--seeds <number>', 'how many worlds', number, 1_000)
  .option('--from <number>', 'the first one', number, 1)
  .option('--seed <number>', 'this one only', number)
  .option('--forecast <events>', 'instead: what a run of so many events would take in AWS', number)
  .option('--event <file>', "a template of one's own events, for a forecast")
  .option('--pacing', 'instead: how well producers share a stream');

await runCommand<{
  seeds: number;
  from: number;
  seed?: number;
  forecast?: number;
  event?: string;
  pacing?: true;
}>(
  command,
  async (options) => {
    if (options.forecast !== undefined) {
      const events = options.event === undefined ? undefined : readTemplateFile(options.event);
      console.log(await forecast(options.forecast, events));
      return 0;
    }
    if (options.pacing) {
      console.log(await formatPacing());
      return 0;
    }
    const { from, seeds } = options.seed === undefined ? options : { from: options.seed, seeds: 1 };
    return (await simulateSeeds(from, seeds, console.log)) > 0 ? 1 : 0;
  },
  { example: 'npm run simulate -- --seeds 1000' },
);
