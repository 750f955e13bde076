import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { Dialect } from './dialects.ts';
import { decideFate, type Fate, type ServiceFaults } from './faults.ts';

/** Time between two bytes of a response with the fault `drip`. */
const dripIntervalMs = 500;

interface Exchange extends Pick<Fate, 'coin'> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly listener: RequestListener;
  readonly dialect: Dialect;
}

interface WholeResponse {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Adds the faults of whole requests to a service. They end with their connection, so a server that closes its connections
 * does not wait for them.
 *
 * @param listener The service; it responds by `writeHead` with a status and headers, and `end` with the whole body.
 */
export function withFaults(
  listener: RequestListener,
  faults: ServiceFaults,
  random: () => number,
  dialect: Dialect,
): RequestListener {
  const startedMs = Date.now();
  return async (request, response) => {
    const { fault, delayMs, coin } = decideFate(faults, Date.now() - startedMs, random);
    if (delayMs > 0 && !(await isOpenAfter(response, delayMs))) {
      return;
    }
    if (fault === undefined) {
      listener(request, response);
    } else {
      await misbehave[fault]({ request, response, listener, dialect, coin });
    }
  };
}

const misbehave: Readonly<Record<NonNullable<Fate['fault']>, (exchange: Exchange) => Promise<unknown>>> = {
  outage: async ({ request }) => request.socket.destroy(),

  error: async ({ request, response, coin, dialect }) => {
    await readWhole(request);
    respondWithError(response, coin ? 500 : 503, dialect);
  },

  reset: async (exchange) => {
    await (exchange.coin ? readWhole(exchange.request) : processRequest(exchange));
    exchange.request.socket.destroy();
  },

  truncate: async (exchange) => {
    const { response, coin } = exchange;
    const whole = await processRequest(exchange);
    const half = whole.body.subarray(0, whole.body.length / 2);
    if (coin) {
      send(response, { ...whole, body: half });
    } else {
      writeHead(response, whole).write(half, () => response.destroy());
    }
  },

  garble: async (exchange) => {
    const { response, coin, dialect } = exchange;
    await processRequest(exchange);
    const body = Buffer.from(coin ? '{"message":"ok"}' : 'ok');
    send(response, { status: 200, headers: { 'content-type': dialect.contentType }, body });
  },

  miscount: async (exchange) => {
    const { response, coin, dialect } = exchange;
    const right = await processRequest(exchange);
    const body = JSON.stringify(dialect.miscount(JSON.parse(right.body.toString()), coin));
    send(response, { ...right, body: Buffer.from(body) });
  },

  html: async ({ request, response, coin }) => {
    await readWhole(request);
    const [status, title] = coin ? [502, '502 Bad Gateway'] : [200, 'Sign in'];
    const body = Buffer.from(`<html><head><title>${title}</title></head><body>${title}</body></html>\n`);
    send(response, { status: status as number, headers: { 'content-type': 'text/html' }, body });
  },

  hang: async (exchange) => {
    await (exchange.coin ? readWhole(exchange.request) : processRequest(exchange));
  },

  drip: async (exchange) => {
    const { response } = exchange;
    const whole = await processRequest(exchange);
    writeHead(response, whole).flushHeaders();
    for (const byte of whole.body) {
      if (!(await isOpenAfter(response, dripIntervalMs))) {
        return;
      }
      response.write(Buffer.of(byte));
    }
    response.end();
  },

  expired: async ({ request, response, dialect }) => {
    await readWhole(request);
    respondWithError(response, 400, dialect);
  },
};

/** Lets the service process the request, and returns its response instead of sending it. */
function processRequest({ listener, request, response }: Exchange): Promise<WholeResponse> {
  return new Promise((resolve) => {
    let [status, headers]: [number, OutgoingHttpHeaders] = [200, {}];
    response.writeHead = ((...head: [number, OutgoingHttpHeaders]) => {
      [status, headers] = head;
      return response;
    }) as ServerResponse['writeHead'];
    response.end = ((body: string) => {
      // Restores the methods of the prototype.
      Reflect.deleteProperty(response, 'writeHead');
      Reflect.deleteProperty(response, 'end');
      resolve({ status, headers, body: Buffer.from(body) });
      return response;
    }) as ServerResponse['end'];
    listener(request, response);
  });
}

/** The content length is that of the whole body. */
function writeHead(response: ServerResponse, { status, headers, body }: WholeResponse): ServerResponse {
  return response.writeHead(status, { ...headers, 'content-length': body.length });
}

function send(response: ServerResponse, whole: WholeResponse): void {
  writeHead(response, whole).end(whole.body);
}

function readWhole(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => request.resume().once('end', resolve).once('close', resolve));
}

/** Waits, or until the connection closes. @returns whether it is still open. */
async function isOpenAfter(response: ServerResponse, ms: number): Promise<boolean> {
  const closed = new AbortController();
  const close = () => closed.abort();
  response.once('close', close);
  await setTimeout(ms, undefined, closed).catch(() => {});
  response.off('close', close);
  return !closed.signal.aborted && !response.destroyed;
}

/** Responds with an error as AWS does. */
export function respondWithError(response: ServerResponse, status: 400 | 500 | 503, dialect: Dialect): void {
  const [type, message] = {
    400: [dialect.expired, 'The security token included in the request is expired'] as const,
    500: ['InternalFailure', 'Internal service failure'] as const,
    503: [dialect.unavailable, 'Slow down.'] as const,
  }[status];
  const headers = { 'content-type': dialect.contentType, 'x-amzn-errortype': type };
  send(response, { status, headers, body: Buffer.from(JSON.stringify({ __type: type, message })) });
}
