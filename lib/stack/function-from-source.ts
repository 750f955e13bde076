import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ICommandHooks, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { deployedTemplateFile } from '../../lambda/template/deployed.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { aliasOf, bundling } from './bundling.ts';
import { type CreateFunction, handlerOf, runtimeProps } from './create-function.ts';

/** Bundles the code from source. The package has lib/package/function-from-package.ts in place of this file. */
export const createFunction: CreateFunction = (scope, code, template, options) => {
  const { mainFields, alias: _, ...bundlingProps } = bundling;
  // The function is bundled while it is constructed.
  return withTemplateFile(
    template,
    (commandHooks) =>
      new NodejsFunction(scope, 'Function', {
        ...options,
        ...runtimeProps,
        entry: fileURLToPath(new URL(`../../lambda/${code.room}/${handlerOf(template)}.ts`, import.meta.url)),
        depsLockFilePath: fileURLToPath(new URL('../../package-lock.json', import.meta.url)),
        bundling: {
          format: OutputFormat.ESM,
          logLevel: LogLevel.WARNING,
          // The SDK too: emulators have no runtime with an SDK, and the tested version is the one that runs.
          bundleAwsSDK: true,
          ...bundlingProps,
          mainFields: [...mainFields],
          esbuildArgs: { '--alias': Object.entries(aliasOf(code)).map(([from, to]) => `${from}=${to}`) },
          ...(commandHooks && { commandHooks }),
        },
      }),
  );
};

/** Puts a template beside the bundle, by way of a file: a command line cannot carry every text. */
function withTemplateFile<T>(
  template: CheckedTemplate | undefined,
  bundle: (commandHooks: ICommandHooks | undefined) => T,
): T {
  if (template === undefined) {
    return bundle(undefined);
  }
  const directory = mkdtempSync(join(tmpdir(), 'event-template-'));
  const file = join(directory, deployedTemplateFile);
  try {
    writeFileSync(file, template.template.source);
    const copy =
      'fs.copyFileSync(process.argv[1], path.join(process.argv[2], path.basename(process.argv[1])))';
    return bundle({
      beforeBundling: () => [],
      beforeInstall: () => [],
      afterBundling: (_, outputDirectory) => [`node -e "${copy}" "${file}" "${outputDirectory}"`],
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
