import { once } from 'node:events';
import { request as requestHttp1 } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLoopbackServer, listenOnLoopback } from '../../lib/emulator/loopback-server.ts';

/** A server that responds with the protocol and the length of the body. */
async function listen() {
  const { server, stop } = createLoopbackServer(async (request, response) => {
    const body = await text(request).catch(() => '');
    response.writeHead(200).end(`HTTP/${request.httpVersion} ${body.length}`);
  });
  const url = await listenOnLoopback(server, 0);
  onTestFinished(() => stop(0));
  return { url, port: Number(new URL(url).port), stop };
}

async function postHttp2(url: string, body: string): Promise<string> {
  const session = connectHttp2(url);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':method': 'POST', ':path': '/' });
  stream.end(body);
  return text(stream);
}

async function postHttp1(url: string, body: string): Promise<string> {
  const request = requestHttp1(url, { method: 'POST' }).end(body);
  const [response] = await once(request, 'response');
  return text(response);
}

describe('the loopback server', () => {
  it('speaks HTTP/1.1 and HTTP/2 on one port, with bodies of any size', async () => {
    // Prepare
    const { url } = await listen();
    const large = 'x'.repeat(1_000_000);

    // Act
    const responses = await Promise.all([
      postHttp1(url, ''),
      postHttp2(url, ''),
      postHttp1(url, large),
      postHttp2(url, large),
    ]);

    // Assess
    expect(responses).toEqual(['HTTP/1.1 0', 'HTTP/2.0 0', 'HTTP/1.1 1000000', 'HTTP/2.0 1000000']);
  });

  it.each([
    [
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi',
      /HTTP\/1.1 2\r\n/,
    ],
    // Not the preface, though it starts like it.
    ['PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n', /^HTTP\/1.1 400 /],
    ['PRIX / HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400 /],
  ])('reads %j byte by byte', async (bytes, response) => {
    // Prepare
    const { port } = await listen();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });

    const received = text(socket);
    // The server may close the connection before the last byte.
    socket.on('error', () => {});

    // Act
    for (const byte of bytes) {
      socket.write(byte);
      await setTimeout(1);
    }

    // Assess
    expect(await received).toMatch(response);
  });

  it('reads the preface of HTTP/2 byte by byte', async () => {
    // Prepare: the preface and empty settings
    const { port } = await listen();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const received = once(socket, 'data');

    // Act
    for (const byte of `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0`) {
      socket.write(byte);
      await setTimeout(1);
    }

    // Assess: it responds with its own settings
    const [data] = await received;
    socket.destroy();
    expect(data[3]).toBe(4);
  });

  it('survives clients that connect and leave', async () => {
    // Prepare
    const { url, port } = await listen();

    // Act
    for (const bytes of ['', 'P', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'POST / HTTP/1.1\r\n']) {
      const [ended, reset] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
      await once(reset, 'connect');
      ended.end(bytes);
      reset.write(bytes);
      ended.resume();
      await once(ended, 'close');
      reset.resetAndDestroy();
    }

    // Assess
    expect(await postHttp1(url, 'hi')).toBe('HTTP/1.1 2');
  });

  it('stops at once, whatever is open', async () => {
    // Prepare
    const { url, port, stop } = await listen();
    const silent = connect(port, '127.0.0.1');
    const session = connectHttp2(url);
    onTestFinished(() => void session.destroy());
    await Promise.all([once(silent, 'connect'), once(session, 'connect')]);
    await text(session.request({ ':path': '/' }).end());
    const unfinished = session.request({ ':method': 'POST', ':path': '/' });
    unfinished.on('error', () => {}).write('x');
    await setTimeout(20);

    // Act
    const startedMs = performance.now();
    await stop(50);

    // Assess
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    silent.destroy();
  });
});
