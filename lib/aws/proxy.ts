import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

/** Timeout for a connection through a proxy. */
const maxConnectMs = 10_000;

const isLoopback = /^(.*\.)?localhost$|^127\.|^\[::1\]$/;

/** Settings of a client's `requestHandler`: the proxies that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, as for the CDK CLI. */
export function proxySettings() {
  const names = Object.keys(process.env);
  return names.some((name) => /^(https?|all)_proxy$/i.test(name))
    ? {
        httpAgent: new ProxiedAgent(),
        httpsAgent: new ProxiedAgent({ keepAlive: true }),
        connectionTimeout: 0,
      }
    : {};
}

/** Never sends requests to this machine through a proxy. */
class ProxiedAgent extends Agent {
  override async connect(request: http.ClientRequest, options: AgentConnectOpts) {
    const { secureEndpoint } = options;
    const url = new URL(`${secureEndpoint ? 'https' : 'http'}://${request.getHeader('host')}`);
    const proxy = isLoopback.test(url.hostname) ? '' : getProxyForUrl(url.href);
    if (proxy === '') {
      return (secureEndpoint ? https : http).globalAgent;
    }
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), maxConnectMs);
    try {
      if (!/^https?:/.test(proxy)) {
        throw new Error('expected http:// or https://');
      }
      request.once('proxyConnect', ({ statusCode, statusText }) => {
        if (secureEndpoint && statusCode !== 200) {
          throw new Error(`status ${statusCode} ${statusText}`);
        }
      });
      const agent: Agent = new (secureEndpoint ? HttpsProxyAgent : HttpProxyAgent)(proxy, limit);
      const socket = await agent.connect(request, options);
      if (secureEndpoint) {
        await once(socket, 'secureConnect');
      }
      return socket;
    } catch (error) {
      const reason = limit.signal.aborted
        ? `no connection within ${maxConnectMs / 1_000} s`
        : (error as Error).message;
      // Closes the connection.
      limit.abort();
      throw new Error(`the proxy ${proxy.replace(/\/\/.*@/, '//')}: ${reason}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}
