import { type Invocation, LocalFunction, type LocalFunctionOptions } from './runtime.ts';
import type { FunctionSettings } from './settings.ts';

/** A Lambda function with as many warm processes as it has had invocations at the same time. */
export class LambdaPool {
  /** Memory of the process that used most; 0 when none lived to tell. */
  maxMemoryUsedMiB = 0;
  /** Invocations so far. */
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

  /** Invokes the function in a process that is idle, or in a new one; after {@link stop} that only gives an error. */
  readonly invoke = async (payload: unknown): Promise<Invocation> => {
    const lambda = this.#idle.pop() ?? (await this.#start());
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

  /** Ends every process. */
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
