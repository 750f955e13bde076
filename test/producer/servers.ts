import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';

/** A server on loopback. */
export interface TestServer {
  /** Its address, as messages name it. */
  readonly host: string;
  /** Requests that it has got. */
  readonly requests: () => number;
  /** Connections that are open. */
  readonly connections: () => Promise<number>;
  /** Ends it, and every connection to it. */
  readonly stop: () => Promise<void>;
}

/** Starts a server on a free port. */
export async function startServer(listener: RequestListener): Promise<TestServer> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Makes SDK clients that are created from now on talk to a server, until `vi.unstubAllEnvs()`. */
export function pointSdkAt({ host }: Pick<TestServer, 'host'>): void {
  vi.stubEnv('AWS_ENDPOINT_URL', `http://${host}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
}

/** A body with a status, once the request is here as a whole. */
export function respondingText(
  status: number,
  body: string,
  headers: Record<string, string | number> = { 'content-type': 'application/x-amz-json-1.1' },
): RequestListener {
  return (request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  };
}

/** JSON with a status. */
export function responding(status: number, body: unknown): RequestListener {
  return respondingText(status, JSON.stringify(body));
}

/** An error of AWS: its type in a header and in the body. */
export function failing(status: number, errorType: string): RequestListener {
  return respondingText(status, JSON.stringify({ __type: errorType, message: 'as AWS would say' }), {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-errortype': errorType,
  });
}

/** The page of a proxy. */
export function respondingPage(status: number, html: string): RequestListener {
  return respondingText(status, html, { 'content-type': 'text/html' });
}

/** A response that announces more than it brings before its connection is cut. */
export function cutting(text: string, announcedBytes: number): RequestListener {
  return (request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, {
        'content-type': 'application/x-amz-json-1.1',
        'content-length': announcedBytes,
      });
      response.write(text);
      setTimeout(() => request.socket.destroy(), 20);
    });
  };
}

/** Ways to let a client wait for ever. */
export const stalls: Record<string, RequestListener> = {
  'hangs before the headers': () => {},
  'hangs after the headers': (_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).flushHeaders();
  },
  'drips the body': (_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(timer));
  },
};
