import {
  Architecture,
  type FunctionOptions,
  type Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { CheckedTemplate } from '../template/check-template.ts';

/** The functions, by their rooms in `lambda/`. */
export const rooms = ['producer', 'prover'] as const;

export type Room = (typeof rooms)[number];

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

/** Makes the function of a room as child `Function` of a construct. */
export type CreateFunction = (
  scope: Construct,
  room: Room,
  template: CheckedTemplate | undefined,
  options: FunctionOptions,
) => LambdaFunction;
