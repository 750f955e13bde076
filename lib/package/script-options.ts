import type { BuildOptions } from 'esbuild';
import { bundling } from '../stack/bundling.ts';

/**
 * Build options of commands and constructs: JavaScript that needs only its peers. Not minified, because Node shows the
 * source line of an uncaught error.
 */
export const scriptOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: bundling.target,
  mainFields: [...bundling.mainFields],
  banner: { js: bundling.banner },
  // The peers, and cdk-nag, which only the repository loads.
  external: ['aws-cdk-lib', 'constructs', '@duckdb/node-api', 'cdk-nag'],
} satisfies BuildOptions;
