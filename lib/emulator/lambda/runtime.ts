import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { InvocationMessage, ResponseMessage } from './process.ts';
import { readProcessSource } from './process-source.ts';
import type { FunctionSettings } from './settings.ts';

export interface LocalFunctionOptions {
  /** Endpoint of the AWS services, such as `http://127.0.0.1:4573`. */
  readonly endpointUrl: string;
  /** File descriptor of the function's log. */
  readonly logFile: number;
}

export interface Invocation extends ResponseMessage {
  /** Includes the cold start. */
  readonly durationMs: number;
}

/**
 * The environment that Lambda gives a function. It has no variable of this machine: the template must have all that the
 * function needs.
 */
export function functionEnvironment(
  settings: FunctionSettings,
  endpointUrl: string,
): Readonly<Record<string, string>> {
  const { functionName, memoryMiB } = settings;
  return {
    ...settings.environment,
    _HANDLER: settings.handler,
    LAMBDA_TASK_ROOT: settings.assetDirectory,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: endpointUrl,
    // In AWS the function runs on Node 24, here perhaps on an older version.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

/** A bundled Lambda function in a process of its own, with the template's environment, timeout and memory setting. */
export class LocalFunction {
  readonly #settings: FunctionSettings;
  readonly #process: ChildProcess;
  /** Resolves when the process has ended, or could not be started. */
  readonly #ended: Promise<unknown>;

  private constructor(settings: FunctionSettings, process: ChildProcess) {
    this.#settings = settings;
    this.#process = process;
    this.#ended = new Promise((resolve) => process.once('exit', resolve).on('error', resolve));
  }

  static async start(settings: FunctionSettings, options: LocalFunctionOptions): Promise<LocalFunction> {
    const { endpointUrl, logFile } = options;
    const code = await readProcessSource();
    // The share of the memory setting that Lambda gives to V8's heap.
    const heap = `--max-old-space-size=${Math.floor(settings.memoryMiB * 0.9)}`;
    const child = spawn(process.execPath, [heap, '--input-type=module', '--eval', code], {
      stdio: ['ignore', logFile, logFile, 'ipc'],
      env: functionEnvironment(settings, endpointUrl),
    });
    return new LocalFunction(settings, child);
  }

  /** Invokes the function and waits for its response. A function that exceeds its timeout is killed. */
  async invoke(payload: unknown): Promise<Invocation> {
    const startedMs = Date.now();
    const { timeoutMs } = this.#settings;
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), timeoutMs);
    const message: InvocationMessage = {
      payload,
      awsRequestId: randomUUID(),
      deadlineMs: startedMs + timeoutMs,
    };
    const stopWaiting = new AbortController();
    try {
      // What cannot be sent gets no response.
      this.#process.send(message, (error) => error && this.#process.kill('SIGKILL'));
      const response = await Promise.race([
        once(this.#process, 'message', stopWaiting).then(([response]) => response as ResponseMessage),
        this.#ended.then(() => this.#exited(startedMs)),
      ]);
      return { ...response, durationMs: Date.now() - startedMs };
    } finally {
      stopWaiting.abort();
      clearTimeout(timer);
    }
  }

  #exited(startedMs: number): ResponseMessage {
    const timedOut = Date.now() - startedMs >= this.#settings.timeoutMs;
    return {
      error: timedOut
        ? {
            errorType: 'Sandbox.Timedout',
            errorMessage: `Task timed out after ${(this.#settings.timeoutMs / 1_000).toFixed(2)} seconds`,
          }
        : { errorType: 'Runtime.ExitError', errorMessage: 'The function exited before it responded' },
    };
  }

  /** Whether the process can be invoked again. */
  get isAlive(): boolean {
    return this.#process.connected && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async stop(): Promise<void> {
    // A function may ignore other signals.
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
