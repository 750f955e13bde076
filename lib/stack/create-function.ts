import {
  Architecture,
  type FunctionOptions,
  type Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { type Service, services } from '../../lambda/contract/targets.ts';
import type { CheckedTemplate } from '../template/check-template.ts';

/** A function: its room in `lambda/`, and what a producer sends to. A bundle has the client of that service alone. */
export type FunctionCode =
  | { readonly room: 'producer'; readonly service: Service }
  | { readonly room: 'prover' };

export const functionCodes: readonly FunctionCode[] = [
  ...services.map((service) => ({ room: 'producer', service }) as const),
  { room: 'prover' },
];

/** The entry points of each room: without a template, with one, with one that needs word lists. */
export const handlers = ['handler', 'template-handler', 'words-handler'] as const;

/** The entry point whose bundle has exactly what a template needs; `undefined` stands for the default template. */
export function handlerOf(template: CheckedTemplate | undefined): (typeof handlers)[number] {
  if (template === undefined) {
    return 'handler';
  }
  return template.needsWords ? 'words-handler' : 'template-handler';
}

export const runtimeProps = { runtime: Runtime.NODEJS_24_X, architecture: Architecture.ARM_64 };

/** The name of a bundle, in the package. */
export function bundleName(code: FunctionCode, handler: (typeof handlers)[number]): string {
  return Object.values({ ...code, handler }).join('/');
}

/** Makes a function as child `Function` of a construct. */
export type CreateFunction = (
  scope: Construct,
  code: FunctionCode,
  template: CheckedTemplate | undefined,
  options: FunctionOptions,
) => LambdaFunction;
