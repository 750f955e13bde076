import { defineConfig } from 'vitest/config';

const slow = 'test/**/*.slow.test.ts';

export default defineConfig({
  test: {
    // A test that hangs fails in the end; a busy machine may be several times slower than this one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 3,
    // Loading the CDK anew for each file would take longer than the tests in it.
    isolate: false,
    // The SDK's announcement that versions of 2027 will need Node 22: this one is pinned.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    setupFiles: 'test/property-runs.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: [slow],
          env: { PROPERTY_SHARE: process.env.PROPERTY_SHARE ?? '0.2' },
        },
      },
      { extends: true, test: { name: 'slow', include: [slow] } },
    ],
  },
});
