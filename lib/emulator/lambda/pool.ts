import { type Invocation, LocalFunction, type LocalFunctionOptions } from './runtime.ts';
import type { FunctionSettings } from './settings.ts';

/** A Lambda function with a warm process for each invocation that ran at the same time. */
export class LambdaPool {
  /** Peak memory of the processes; 0 if none responded. */
  maxMemoryUsedMiB = 0;
  invocations = 0;
  readonly #settings: FunctionSettings;
  readonly #options: LocalFunctionOptions;
  readonly #idle: LocalFunction[] = [];
  readonly #all = new Set<LocalFunction>();
  #stopped = false;

  constructor(settings: FunctionSettings, options: LocalFunctionOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** Invokes the function in an idle or a new process. After {@link stop} it only returns an error. */
  readonly invoke = async (payload: unknown): Promise<Invocation> => {
    // A process may have ended since its response.
    let idle = this.#idle.pop();
    while (idle?.isAlive === false) {
      idle = this.#idle.pop();
    }
    const lambda = idle ?? (await this.#start());
    if (this.#stopped) {
      await lambda.stop();
      return { error: { errorType: 'Runtime.Stopped', errorMessage: 'The run was stopped' }, durationMs: 0 };
    }
    this.invocations += 1;
    const invocation = await lambda.invoke(payload);
    this.maxMemoryUsedMiB = Math.max(this.maxMemoryUsedMiB, invocation.maxMemoryUsedMiB ?? 0);
    if (lambda.isAlive) {
      this.#idle.push(lambda);
    }
    return invocation;
  };

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#all].map((lambda) => lambda.stop()));
  }

  async #start(): Promise<LocalFunction> {
    const lambda = await LocalFunction.start(this.#settings, this.#options);
    this.#all.add(lambda);
    return lambda;
  }
}
