/** A function, as much of its configuration as has an effect on this machine. */
export interface FunctionSettings {
  /** Name of the function. */
  readonly functionName: string;
  /** Folder of the bundled code. */
  readonly assetDirectory: string;
  /** File and export, such as `index.handler`. */
  readonly handler: string;
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Memory in MiB. */
  readonly memoryMiB: number;
  /** Time that an invocation may take. */
  readonly timeoutMs: number;
}
