import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';

/** Start of an HTTP/2 connection (RFC 9113, 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface LoopbackServer {
  readonly server: Server;
  /** Stops it. Requests under way have `graceMs` to finish. */
  readonly stop: (graceMs: number) => Promise<void>;
}

/**
 * Makes a server that speaks HTTP/1.1 and, to clients that begin with its preface, HTTP/2 without TLS: the SDK's default client
 * of Kinesis does.
 *
 * @returns a server that does not listen yet.
 */
export function createLoopbackServer(listener: RequestListener): LoopbackServer {
  const server = createServer(listener);
  // Node's default of 5 s would close connections of a client that backs off.
  server.keepAliveTimeout = 60_000;
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  // Requests and responses of HTTP/2 have the same interface here.
  const http2 = createHttp2Server(listener as unknown as Parameters<typeof createHttp2Server>[0]);
  http2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  const [acceptHttp1] = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    readPreface(socket, (isHttp2) => {
      if (isHttp2) {
        // Its own server allows no half-open connections.
        socket.allowHalfOpen = false;
        http2.emit('connection', socket);
      } else {
        acceptHttp1!.call(server, socket);
      }
    });
  });
  return {
    server,
    stop: async (graceMs) => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) {
        session.close();
      }
      const timer = setTimeout(() => {
        for (const socket of sockets) {
          socket.destroy();
        }
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Waits for as many bytes as it takes to know the protocol, and puts them back. */
function readPreface(socket: Socket, callback: (isHttp2: boolean) => void): void {
  const ignoreError = () => {};
  socket.on('error', ignoreError);
  let start = Buffer.alloc(0);
  socket.on('readable', function read() {
    const chunk = socket.read();
    start = Buffer.concat([start, chunk ?? Buffer.alloc(0)]);
    const length = Math.min(start.length, preface.length);
    const mayBeHttp2 = start.compare(preface, 0, length, 0, length) === 0;
    if (chunk !== null && mayBeHttp2 && length < preface.length) {
      return;
    }
    socket.off('readable', read).off('error', ignoreError);
    socket.unshift(start);
    callback(mayBeHttp2 && length === preface.length);
  });
}

/** Lets a server listen on 127.0.0.1 only, port 0 for any free one. @returns its URL. @throws when the port is taken. */
export async function listenOnLoopback(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
