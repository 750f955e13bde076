import { fromEnv } from '@aws-sdk/credential-provider-env';
import { fromHttp } from '@aws-sdk/credential-provider-http';
import { CredentialsProviderError, chain } from '@smithy/core/config';

/**
 * The SDK's default credentials, as far as a function ever meets them: the variables that Lambda sets, else the
 * credentials endpoint of a container. In the bundle this file takes the place of `@aws-sdk/credential-provider-node`,
 * which brings the clients of SSO, STS and sign-in with it: a third of the bundle that no function ever runs.
 */
export const defaultProvider = (init: Parameters<typeof fromHttp>[0] = {}) =>
  chain(
    fromEnv(init),
    async () => fromHttp(init)(),
    async () => {
      throw new CredentialsProviderError(
        'no credentials: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as Lambda sets them, or ' +
          'AWS_CONTAINER_CREDENTIALS_FULL_URI',
        { tryNextLink: false },
      );
    },
  );
