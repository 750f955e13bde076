import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '../../lambda/runtime/credentials.ts';

describe("the function's credentials", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  function withEnvironment(environment: Record<string, string>) {
    for (const name of [
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    ]) {
      vi.stubEnv(name, environment[name]);
    }
  }

  it('are those that Lambda sets', async () => {
    // Prepare
    withEnvironment({ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' });

    // Act
    const credentials = await defaultProvider()();

    // Assess
    expect(credentials).toMatchObject({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    });
  });

  it("are those of a container's endpoint where Lambda sets none", async () => {
    // Prepare
    const server = createServer((_, response) => {
      const Expiration = new Date(Date.now() + 3_600_000).toISOString();
      response.end(
        JSON.stringify({ AccessKeyId: 'id', SecretAccessKey: 'secret', Token: 'token', Expiration }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    withEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/` });

    // Act
    const credentials = await defaultProvider()();
    server.close();

    // Assess
    expect(credentials).toMatchObject({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    });
  });

  it('are missing with a message that says what was expected', async () => {
    withEnvironment({});
    const credentials = defaultProvider()();
    await expect(credentials).rejects.toThrow('expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  });
});
