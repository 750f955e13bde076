import type { FunctionCode } from './create-function.ts';

/**
 * esbuild's options for the functions, for `NodejsFunction`, for the package and for the benchmark. Paths are relative to
 * the project.
 */
export const bundling = {
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  /** The same bundle runs on a laptop with Node 20. */
  target: 'node20',
  mainFields: ['module', 'main'],
  /** The SDK inside requires Node's own modules, which an ES module can't without this. */
  banner: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  /** Why: see the modules themselves. */
  alias: {
    '@aws-sdk/credential-provider-node': './lambda/runtime/credentials.ts',
    '@smithy/node-http-handler': './lambda/runtime/http-handler.ts',
  },
} as const;

/** The modules that a function has others for. */
export function aliasOf(code: FunctionCode): Readonly<Record<string, string>> {
  const { alias } = bundling;
  return code.room === 'producer' && code.service !== 'firehose'
    ? { ...alias, '#target': `./lambda/producer/delivery/aws/${code.service}.ts` }
    : alias;
}
