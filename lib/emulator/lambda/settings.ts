/** The configuration of a function that has an effect on this machine. */
export interface FunctionSettings {
  readonly functionName: string;
  /** Folder of the bundled code. */
  readonly assetDirectory: string;
  /** File and export, such as `index.handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMiB: number;
  readonly timeoutMs: number;
}
