import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { Stage } from 'aws-cdk-lib';
import { Code, type FunctionOptions, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
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
  const files = {
    ...readBundles()[`${room}/${handlerOf(template)}`],
    ...(template && { [deployedTemplateFile]: template.template.source }),
  };
  return new LambdaFunction(scope, 'Function', {
    ...options,
    ...runtimeProps,
    handler: 'index.handler',
    code: Code.fromAsset(directoryOf(scope, files)),
  });
}

let bundles: FunctionBundles | undefined;

function readBundles(): FunctionBundles {
  bundles ??= JSON.parse(
    brotliDecompressSync(readFileSync(join(projectDirectory, functionsFile))).toString(),
  );
  return bundles!;
}

/** A directory with these files, beside the cloud assembly, where the CDK may read it after the app has ended. */
function directoryOf(scope: Construct, files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 32);
  const directory = join(Stage.of(scope)!.outdir, `bundle.${hash}`);
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text);
  }
  return directory;
}
