/**
 * How the function is bundled: by `NodejsFunction` for deploying, and by the benchmark to see what is inside. Paths are
 * relative to the project.
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
  /** Modules that another one takes the place of: what and why is said there. */
  alias: { '@aws-sdk/credential-provider-node': './lambda/runtime/credentials.ts' },
} as const;
