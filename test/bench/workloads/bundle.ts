import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A function as Lambda has it: the handler, and what is new for each invocation. */
export interface LoadedBundle<Handler> {
  /** What is called. */
  readonly handler: Handler;
  /** Makes the context of an invocation. */
  readonly context: () => object;
}

/** Longer than any invocation takes. */
const remainingTimeMs = 900_000;

/** Loads the bundle that the environment of this process names. */
export async function loadBundle<Handler>(): Promise<LoadedBundle<Handler>> {
  const { LAMBDA_TASK_ROOT = '', _HANDLER = '', AWS_LAMBDA_FUNCTION_NAME } = process.env;
  const [file, exportName = ''] = _HANDLER.split('.');
  const exports: Record<string, Handler> = await import(
    pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href
  );
  return {
    handler: exports[exportName]!,
    context: () => {
      const deadlineMs = Date.now() + remainingTimeMs;
      return {
        awsRequestId: randomUUID(),
        functionName: AWS_LAMBDA_FUNCTION_NAME,
        functionVersion: '$LATEST',
        invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${AWS_LAMBDA_FUNCTION_NAME}`,
        memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
        getRemainingTimeInMillis: () => deadlineMs - Date.now(),
      };
    },
  };
}
