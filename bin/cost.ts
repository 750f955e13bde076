import { pricesSource } from '../lib/aws/prices.ts';
import { type CostOptions, createCostCommand, toCostQuestion } from '../lib/cost/cost-options.ts';
import { estimateCosts } from '../lib/cost/estimate.ts';
import { summarize } from '../lib/cost/summary.ts';
import { runCommand } from '../lib/terminal/command.ts';
import { commandLine } from '../lib/terminal/command-line.ts';

await runCommand<CostOptions>(
  createCostCommand(),
  async (options) => {
    const estimate = estimateCosts(toCostQuestion(options));
    console.log(options.json ? JSON.stringify({ ...estimate, pricesSource }) : summarize(estimate));
    return 0;
  },
  { example: commandLine('cost', "--count 5 --schedule 'rate(1 minute)'") },
);
