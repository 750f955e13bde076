import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeReport } from '../commands/start/factories.ts';
import { functionName, type StandIn, stackName, startStandIn } from '../proof/aws-stand-in.ts';
import { runCommand } from '../proof/command.ts';
import { createGzip, createLines, createRun } from '../proof/factories.ts';

const directory = mkdtempSync(join(tmpdir(), 'proxy-'));
const [keyFile, certificateFile] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];

let standIn: StandIn;
/** AWS by TLS, a proxy, and a proxy by TLS. */
let servers: { aws: Server; http: Server; https: Server };
/** Requests that a proxy got. */
let requests: string[];
/** What a proxy does with a tunnel. */
let onTunnel: (client: Duplex) => void;

beforeAll(async () => {
  const names = 'subjectAltName=DNS:aws.test,DNS:localhost';
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', '/CN=test', '-addext', names, '-out', certificateFile];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject], { stdio: 'ignore' });
  const objects = new Map();
  standIn = await startStandIn({
    producers: { Producer: { function: functionName! } },
    environment: {
      DELIVERY_STREAM_NAME: 'my-stream',
      COUNT: '100',
      PRODUCER_NAME: `${stackName}/Producer`,
      BUCKET_NAME: 'my-bucket',
      PREFIX: 'events/!{timestamp:yyyy}/',
    },
    objects,
    invoke: ({ runId }) => {
      const run = createRun({ runId: String(runId) });
      objects.set(`events/${new Date().getUTCFullYear()}/a.gz`, {
        body: createGzip(createLines(run, Date.now())),
        landedAtMs: Date.now(),
      });
      return { result: makeReport(run) };
    },
  });
  const tls = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };
  servers = {
    aws: https.createServer(tls, forward),
    http: http.createServer(forward),
    https: https.createServer(tls, forward),
  };
  for (const server of Object.values(servers)) {
    server.on('connect', ({ url }, client: Duplex) => {
      requests.push(`CONNECT ${url}`);
      onTunnel(client);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }
});

beforeEach(() => {
  requests = [];
  onTunnel = (client) => {
    client.write('HTTP/1.1 200 OK\r\n\r\n');
    const upstream = connect(portOf('aws'), '127.0.0.1');
    client.pipe(upstream).pipe(client);
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  };
});

afterAll(() => {
  standIn.close();
  for (const server of Object.values(servers)) {
    server.close();
  }
  rmSync(directory, { recursive: true });
});

const forward: RequestListener = (request, response) => {
  const { origin, pathname, search } = new URL(request.url!, 'https://aws.test');
  requests.push(origin);
  const { method, headers } = request;
  const forwarded = http.request(standIn.endpointUrl + pathname + search, { method, headers }, (got) => {
    response.writeHead(got.statusCode!, got.headers);
    got.pipe(response);
  });
  request.pipe(forwarded);
};

function portOf(server: keyof typeof servers): number {
  return (servers[server].address() as AddressInfo).port;
}

/** Invokes the function of a stack, and reads the bucket: by each of the clients. */
function prove(environment: NodeJS.ProcessEnv) {
  return runCommand('prove', ['--stack', stackName!, '--wait', '0s'], {
    environment: {
      AWS_ENDPOINT_URL: 'https://aws.test',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      NODE_EXTRA_CA_CERTS: certificateFile,
      ...environment,
    },
  });
}

it.each([
  ['HTTPS_PROXY', () => `http://127.0.0.1:${portOf('http')}`],
  ['https_proxy', () => `https://user:secret@localhost:${portOf('https')}`],
])('a command reaches AWS only through the proxy of %s', async (name, proxy) => {
  // Act
  const { stdout, stderr, status } = await prove({ [name]: proxy() });

  // Assess
  expect(stderr).toMatch(/^Invoking .*\n$/);
  expect(stdout).toContain('COMPLETE: Each of 100 events arrived, exactly once.');
  expect(status).toBe(0);
  expect(new Set(requests)).toEqual(new Set(['CONNECT aws.test:443', 'https://aws.test']));
});

it('a command reaches an endpoint without TLS through the proxy of HTTP_PROXY', async () => {
  // Act
  const HttpProxy = `http://127.0.0.1:${portOf('http')}`;
  const { status } = await prove({ HTTP_PROXY: HttpProxy, AWS_ENDPOINT_URL: 'http://aws.test' });

  // Assess
  expect(status).toBe(0);
  expect(new Set(requests)).toEqual(new Set(['http://aws.test']));
});

it.each([
  ['this machine', () => ({ AWS_ENDPOINT_URL: standIn.endpointUrl }), 0],
  ['a host of NO_PROXY', () => ({ NO_PROXY: 'example.com,.test' }), 2],
])('a command reaches %s without a proxy', async (_, environment, expected) => {
  // Act
  const proxy = `http://127.0.0.1:${portOf('http')}`;
  const { status } = await prove({ HTTPS_PROXY: proxy, HTTP_PROXY: proxy, ...environment() });

  // Assess
  expect([status, requests]).toEqual([expected, []]);
});

const attempt = 'error: describing the stack MyStack (cdk deploy creates it): the proxy';
const remedy = 'correct HTTPS_PROXY, or add the host to NO_PROXY\n';

it.each<[string, string, (client: Duplex) => void, string]>([
  ['hangs', '', () => {}, `no connection within 10 s: ${remedy}`],
  [
    'hangs later',
    '',
    (client) => client.write('HTTP/1.1 200 OK\r\n\r\n'),
    `no connection within 10 s: ${remedy}`,
  ],
  [
    'wants a password',
    'user:secret@',
    (client) => client.write('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
    `status 407 Proxy Authentication Required: ${remedy}`,
  ],
  [
    'ends',
    '',
    (client) => client.end(),
    `Proxy connection ended before receiving CONNECT response: ${remedy}`,
  ],
])('a proxy that %s is one line with the remedy', async (_, user, act, reason) => {
  // Prepare
  onTunnel = act;
  const address = `127.0.0.1:${portOf('http')}`;

  // Act
  const { status, stderr } = await prove({ HTTPS_PROXY: `http://${user}${address}` });

  // Assess
  expect([status, stderr]).toEqual([2, `${attempt} http://${address}: ${reason}`]);
});

it.each([
  ['refuses connections', 'http://127.0.0.1:1', `connect ECONNREFUSED 127.0.0.1:1: ${remedy}`],
  ['is no proxy', 'socks5://127.0.0.1:1', `expected http:// or https://: ${remedy}`],
  ['is no URL', 'http://', `Invalid URL: ${remedy}`],
])('a proxy that %s is one line with the remedy', async (_, proxy, reason) => {
  const { status, stderr } = await prove({ HTTPS_PROXY: proxy });

  expect([status, stderr]).toEqual([2, `${attempt} ${proxy}: ${reason}`]);
});

it('a certificate that Node does not know is one line with the remedy', async () => {
  const { status, stderr } = await prove({
    HTTPS_PROXY: `http://127.0.0.1:${portOf('http')}`,
    NODE_EXTRA_CA_CERTS: undefined,
  });

  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/: self-signed certificate: set NODE_EXTRA_CA_CERTS to .*\n$/),
  ]);
});
