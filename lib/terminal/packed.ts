import { fileURLToPath } from 'node:url';

/** Set by the build of the package (lib/package/build.ts). */
declare const Packed: true | undefined;

/** Whether this is the package that another project installed, and not the repository. */
export const isPacked: boolean = typeof Packed !== 'undefined';

/** The directory of cdk.json: the repository, or where the package keeps its files. */
export const projectDirectory = fileURLToPath(new URL(isPacked ? '.' : '../..', import.meta.url));
