import {
  Architecture,
  type FunctionOptions,
  type Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { CheckedTemplate } from '../template/check-template.ts';
import type { Room } from './handlers.ts';

/** What both functions run on. */
export const runtimeProps = { runtime: Runtime.NODEJS_24_X, architecture: Architecture.ARM_64 };

/**
 * Makes a function as `Function` of a construct.
 *
 * @param template What its events look like; undefined for the default template.
 */
export type CreateFunction = (
  scope: Construct,
  room: Room,
  template: CheckedTemplate | undefined,
  options: FunctionOptions,
) => LambdaFunction;
