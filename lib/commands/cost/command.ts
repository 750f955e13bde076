import { pricesSource } from '../../aws/prices.ts';
import { estimateCosts } from '../../cost/estimate.ts';
import { runCommand } from '../../terminal/command.ts';
import { commandLine } from '../../terminal/command-line.ts';
import { type CostOptions, createCostCommand, toCostQuestion } from './cost-options.ts';
import { summarize } from './summary.ts';

await runCommand<CostOptions>(
  createCostCommand(),
  async (options) => {
    const estimate = estimateCosts(toCostQuestion(options));
    console.log(options.json ? JSON.stringify({ ...estimate, pricesSource }) : summarize(estimate));
    return 0;
  },
  { example: commandLine('cost', "--count 5 --schedule 'rate(1 minute)'") },
);
