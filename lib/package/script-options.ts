import type { BuildOptions } from 'esbuild';
import { bundling } from '../stack/bundling.ts';

/**
 * How commands and constructs become JavaScript that needs no package but its peers. Not minified: Node shows the line of
 * an error that nobody catches.
 */
export const scriptOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: bundling.target,
  mainFields: [...bundling.mainFields],
  banner: { js: bundling.banner },
  /** What whoever installs the package has, and cdk-nag, which is loaded in the repository only. */
  external: ['aws-cdk-lib', 'constructs', '@duckdb/node-api', 'cdk-nag'],
} satisfies BuildOptions;
