import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => vi.unstubAllEnvs());

it('importing the clients of a proof changes no environment variable', async () => {
  // Prepare: a variable that the tests' own configuration sets
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', undefined);
  const before = { ...process.env };

  // Act
  await import('../../lib/proof/aws-clients.ts');

  // Assess
  expect({ ...process.env }).toEqual(before);
});
