import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { projectDirectory } from '../terminal/packed.ts';
import { typesEntry, writeTypes } from './types.ts';

/** Where the report is kept, so that a diff shows what has changed. */
export const apiReportPath = join(projectDirectory, 'docs/api.md');

/**
 * What other projects can import, and the types of all of it, as a text.
 *
 * @throws Error naming what the extractor does not understand.
 */
export async function makeApiReport(): Promise<string> {
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
      throw new Error(`the types cannot be reported: ${problems.join('; ')}`);
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
