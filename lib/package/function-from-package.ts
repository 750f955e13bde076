import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import { deployedTemplateFile } from '../../lambda/template/deployed.ts';
import {
  bundleName,
  type CreateFunction,
  type FunctionCode,
  handlerOf,
  runtimeProps,
} from '../stack/create-function.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { projectDirectory } from '../terminal/packed.ts';

/** The file with the functions' bundles, compressed together: they share most of their code. */
export const functionsFile = 'functions.json.br';

/** The files of each asset, by the name of its bundle. */
export type FunctionBundles = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Replaces lib/stack/function-from-source.ts in the package: the code is the bundle that the repository would make. */
export const createFunction: CreateFunction = (scope, code, template, options) => {
  const directory = mkdtempSync(join(tmpdir(), 'function-'));
  try {
    for (const [name, text] of Object.entries(filesOf(code, template))) {
      writeFileSync(join(directory, name), text);
    }
    return new LambdaFunction(scope, 'Function', {
      ...options,
      ...runtimeProps,
      handler: 'index.handler',
      code: Code.fromAsset(directory),
    });
  } finally {
    // The CDK has made its copy by now, unless context disables it.
    if (!scope.node.tryGetContext(DISABLE_ASSET_STAGING_CONTEXT)) {
      rmSync(directory, { recursive: true });
    }
  }
};

function filesOf(
  code: FunctionCode,
  template: CheckedTemplate | undefined,
): Readonly<Record<string, string>> {
  return {
    ...readBundles()[bundleName(code, handlerOf(template))],
    ...(template && { [deployedTemplateFile]: template.template.source }),
  };
}

let bundles: FunctionBundles | undefined;

function readBundles(): FunctionBundles {
  bundles ??= JSON.parse(
    brotliDecompressSync(readFileSync(join(projectDirectory, functionsFile))).toString(),
  );
  return bundles!;
}
