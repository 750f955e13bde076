import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { runCommand } from '../terminal/command.ts';
import { apiReportPath, makeApiReport } from './api-report.ts';

const command = new Command('npm run api --')
  .description('Writes docs/api.md: what other projects can import.')
  .option('--check', 'instead: fail if it is not up to date');

await runCommand<{ check?: true }>(
  command,
  async ({ check }) => {
    const report = await makeApiReport();
    if (!check) {
      writeFileSync(apiReportPath, report);
      return 0;
    }
    if (readFileSync(apiReportPath, 'utf8') === report) {
      return 0;
    }
    throw new Error(
      'docs/api.md is not up to date: npm run api writes it, and the diff shows what has changed',
    );
  },
  { failureStatus: 1, example: 'npm run api -- --check' },
);
