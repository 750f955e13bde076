import { fileURLToPath } from 'node:url';

/** Set by the build of the package (lib/package/build.ts). */
declare const Packed: true | undefined;

/** Whether this is the installed package, not the repository. */
export const isPacked: boolean = typeof Packed !== 'undefined';

/** Directory of cdk.json: the repository, or the package's dist. */
export const projectDirectory = fileURLToPath(new URL(isPacked ? '.' : '../..', import.meta.url));
