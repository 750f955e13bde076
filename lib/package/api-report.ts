import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { Command } from 'commander';
import { runCommand } from '../terminal/command.ts';
import { projectDirectory } from '../terminal/packed.ts';
import { typesEntry, writeTypes } from './types.ts';

const apiReportPath = join(projectDirectory, 'docs/api.md');

const command = new Command('npm run api --')
  .description("Write docs/api.md, the report of the package's exports.")
  .option('--check', 'only fail if it is not up to date');

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
    throw new Error('docs/api.md is not up to date: run npm run api and review the diff');
  },
  { failureStatus: 1, example: 'npm run api -- --check' },
);

async function makeApiReport(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'api-'));
  try {
    symlinkSync(join(projectDirectory, 'node_modules'), join(directory, 'node_modules'));
    await writeTypes(directory);
    const problems: string[] = [];
    const { succeeded } = Extractor.invoke(ExtractorConfig.prepare(configIn(directory)), {
      localBuild: true,
      messageCallback: (message) => {
        message.handled = true;
        if (message.logLevel === ExtractorLogLevel.Error) {
          problems.push(message.text);
        }
      },
    });
    if (!succeeded || problems.length > 0) {
      throw new Error(`the API extractor failed: ${problems.join('; ')}`);
    }
    return readFileSync(join(directory, 'report.api.md'), 'utf8');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function configIn(directory: string) {
  const entry = join(directory, typesEntry);
  return {
    configObjectFullPath: join(directory, 'api-extractor.json'),
    packageJsonFullPath: join(projectDirectory, 'package.json'),
    configObject: {
      newlineKind: 'lf' as const,
      projectFolder: directory,
      mainEntryPointFilePath: entry,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2023',
            lib: ['ES2023'],
            module: 'NodeNext',
            moduleResolution: 'NodeNext',
            types: ['node'],
            skipLibCheck: true,
          },
          files: [entry],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: 'report.api.md',
        reportFolder: directory,
        reportTempFolder: join(directory, 'temporary'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
  };
}
