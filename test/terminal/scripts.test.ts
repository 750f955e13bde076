import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('the commands as people type them', () => {
  it.each(['verify', 'query'])('npm run %s explains its options', async (name) => {
    // Act
    const { stdout } = await promisify(execFile)('npm', ['run', '--silent', name, '--', '--help']);

    // Assess
    expect(stdout).toContain(`Usage: npm run ${name} --`);
  });
});
