import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// The process of a local Lambda function. runtime.ts starts it with the function's environment; it loads the handler and
// responds to each invocation.

/** The message for an invocation: its payload, and fields of its context object. */
export interface InvocationMessage {
  readonly payload: unknown;
  readonly awsRequestId: string;
  /** End of the timeout, in milliseconds since 1970. */
  readonly deadlineMs: number;
}

/** The response to an invocation: what the handler returned or threw. */
export interface ResponseMessage {
  readonly result?: unknown;
  /** The handler's error, as Lambda returns it. */
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
  /** Peak memory of the process, as the operating system counts it; missing if the process ended. */
  readonly maxMemoryUsedMiB?: number;
}

type Handler = (payload: unknown, context: object) => Promise<unknown>;

const { LAMBDA_TASK_ROOT, _HANDLER, AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA_FUNCTION_MEMORY_SIZE } = process.env;
const [file, exportName] = (_HANDLER ?? '').split('.');
let handler: Promise<Handler> | undefined;

async function loadHandler(): Promise<Handler> {
  const module: Record<string, Handler> = await import(
    pathToFileURL(join(LAMBDA_TASK_ROOT ?? '', `${file}.mjs`)).href
  );
  const loaded = module[exportName ?? ''];
  if (!loaded) {
    throw new Error(`${_HANDLER} is not exported by the bundle`);
  }
  return loaded;
}

function createContext({ awsRequestId, deadlineMs }: InvocationMessage): object {
  return {
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${AWS_LAMBDA_FUNCTION_NAME}`,
    memoryLimitInMB: AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

async function respond(message: InvocationMessage): Promise<Omit<ResponseMessage, 'maxMemoryUsedMiB'>> {
  try {
    handler ??= loadHandler();
    return { result: await (await handler)(message.payload, createContext(message)) };
  } catch (error) {
    const { name, message: errorMessage } = error as Error;
    return { error: { errorType: name, errorMessage } };
  }
}

/** On Linux by VmHWM: `resourceUsage` starts from the memory of the parent process. */
function maxMemoryUsedMiB(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return Math.ceil(Number(kibibytes ?? process.resourceUsage().maxRSS) / 1_024);
}

process.on('message', async (message: InvocationMessage) => {
  const response = await respond(message);
  process.send?.({ ...response, maxMemoryUsedMiB: maxMemoryUsedMiB() } satisfies ResponseMessage);
});

// The process that started this one has ended, perhaps killed.
process.on('disconnect', () => process.exit());
