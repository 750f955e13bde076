import { join } from 'node:path';
import { projectDirectory } from '../terminal/packed.ts';
import { buildPackage } from './build.ts';

await buildPackage(join(projectDirectory, 'dist'));
