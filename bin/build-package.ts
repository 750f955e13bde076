import { join } from 'node:path';
import { buildPackage } from '../lib/package/build.ts';
import { projectDirectory } from '../lib/terminal/packed.ts';

await buildPackage(join(projectDirectory, 'dist'));
