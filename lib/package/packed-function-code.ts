import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { Code, type FunctionOptions, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import { deployedTemplateFile } from '../../lambda/template/deployed.ts';
import { handlerOf, type Room, runtimeProps } from '../stack/handlers.ts';
import type { CheckedTemplate } from '../template/check-template.ts';
import { projectDirectory } from '../terminal/packed.ts';
import { type FunctionBundles, functionsFile } from './function-bundles.ts';

/**
 * Makes a function as `Function` of a construct, of the bundle that the repository would make now: in the package this
 * file is in the place of lib/stack/function-code.ts.
 */
export function createFunction(
  scope: Construct,
  room: Room,
  template: CheckedTemplate | undefined,
  options: FunctionOptions,
): LambdaFunction {
  const directory = mkdtempSync(join(tmpdir(), 'function-'));
  try {
    for (const [name, text] of Object.entries(filesOf(room, template))) {
      writeFileSync(join(directory, name), text);
    }
    return new LambdaFunction(scope, 'Function', {
      ...options,
      ...runtimeProps,
      handler: 'index.handler',
      code: Code.fromAsset(directory),
    });
  } finally {
    // The CDK has made its copy by now, unless it was told to make none.
    if (!scope.node.tryGetContext(DISABLE_ASSET_STAGING_CONTEXT)) {
      rmSync(directory, { recursive: true });
    }
  }
}

function filesOf(room: Room, template: CheckedTemplate | undefined): Readonly<Record<string, string>> {
  return {
    ...readBundles()[`${room}/${handlerOf(template)}`],
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
