import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FunctionOptions, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type ICommandHooks, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { deployedTemplateFile } from '../../lambda/template/deployed.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { bundling } from './bundling.ts';
import { handlerOf, type Room, runtimeProps } from './handlers.ts';

/**
 * Makes a function as `Function` of a construct, its code bundled from source. The package has a file in place of this
 * one, which takes the same bundle, made beforehand.
 *
 * @param template What its events look like. @default - the default template
 */
export function createFunction(
  scope: Construct,
  room: Room,
  template: CheckedTemplate | undefined,
  options: FunctionOptions,
): LambdaFunction {
  const { alias, mainFields, ...bundlingProps } = bundling;
  // The function is bundled while it is constructed.
  return withTemplateFile(
    template,
    (commandHooks) =>
      new NodejsFunction(scope, 'Function', {
        ...options,
        ...runtimeProps,
        entry: fileURLToPath(new URL(`../../lambda/${room}/${handlerOf(template)}.ts`, import.meta.url)),
        depsLockFilePath: fileURLToPath(new URL('../../package-lock.json', import.meta.url)),
        bundling: {
          format: OutputFormat.ESM,
          logLevel: LogLevel.WARNING,
          // The SDK too: emulators run the function without the runtime's own, and what was tested is what runs.
          bundleAwsSDK: true,
          ...bundlingProps,
          mainFields: [...mainFields],
          esbuildArgs: { '--alias': Object.entries(alias).map(([from, to]) => `${from}=${to}`) },
          ...(commandHooks && { commandHooks }),
        },
      }),
  );
}

/** Puts a template beside the bundle: written to a file first, since a command line takes neither every text nor every path. */
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
