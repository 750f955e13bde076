import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { firehoseDialect } from '../../lib/emulator/dialects.ts';
import { noFaults, type ServiceFaults } from '../../lib/emulator/faults.ts';
import { withFaults } from '../../lib/emulator/faulty-listener.ts';
import { listenOnLoopback } from '../../lib/emulator/loopback-server.ts';
import { createRandom } from '../../lib/emulator/random.ts';
import { until } from './firehose/factories.ts';

const Stored = { FailedPutCount: 0, RequestResponses: [{ RecordId: 'a' }, { RecordId: 'b' }] };

/** A service that counts what it processes, behind faults; `put` returns the status of the response. */
async function startServer(faults: Partial<ServiceFaults>) {
  let stored = 0;
  const listener = withFaults(
    (request, response) => {
      request.resume().once('end', () => {
        stored += 1;
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(Stored));
      });
    },
    { ...noFaults, ...faults },
    createRandom(7),
    firehoseDialect,
  );
  const server = createServer(listener);
  const endpointUrl = await listenOnLoopback(server, 0);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const send = () => fetch(endpointUrl, { method: 'POST', body: 'events' });
  const put = async (): Promise<number | 'lost'> => {
    try {
      const response = await send();
      await response.text();
      return response.status;
    } catch {
      return 'lost';
    }
  };
  return { send, put, stored: () => stored, server };
}

/** The bodies of many responses, with their status before them; a body that breaks off is `lost`. */
async function readMany(send: () => Promise<Response>, requests: number) {
  const seen = new Set<string>();
  for (let request = 0; request < requests; request += 1) {
    const response = await send();
    seen.add(`${response.status} ${await response.text().catch(() => 'lost')}`);
  }
  return seen;
}

async function putMany(put: () => Promise<number | 'lost'>, requests: number) {
  const outcomes: (number | 'lost')[] = [];
  for (let request = 0; request < requests; request += 1) {
    outcomes.push(await put());
  }
  return outcomes;
}

describe('the faults of whole requests', () => {
  it('do not occur by default', async () => {
    // Prepare
    const { put, stored } = await startServer({});

    // Act
    const outcomes = await putMany(put, 5);

    // Assess
    expect(outcomes).toEqual([200, 200, 200, 200, 200]);
    expect(stored()).toBe(5);
  });

  it('reset: loses the response, half of the time after the request was stored', async () => {
    // Prepare
    const { put, stored } = await startServer({ reset: 1 });

    // Act
    const outcomes = await putMany(put, 60);

    // Assess
    expect(new Set(outcomes)).toEqual(new Set(['lost']));
    expect(stored()).toBeGreaterThan(15);
    expect(stored()).toBeLessThan(45);
  });

  it('outage: nothing works until it ends', async () => {
    // Prepare
    const { put, stored } = await startServer({ outage: { fromMs: 0, toMs: 300 } });

    // Act
    const during = await putMany(put, 2);
    await setTimeout(350);
    const after = await putMany(put, 2);

    // Assess
    expect([...during, ...after]).toEqual(['lost', 'lost', 200, 200]);
    expect(stored()).toBe(2);
  });

  const whole = JSON.stringify(Stored);
  const tooFew = JSON.stringify({ ...Stored, RequestResponses: Stored.RequestResponses.slice(0, 1) });
  const wrongCount = JSON.stringify({ ...Stored, FailedPutCount: 1 });

  it.each([
    ['error', 0, [expect.stringMatching(/^500 /), expect.stringMatching(/^503 /)]],
    ['truncate', 20, ['200 lost', `200 ${whole.slice(0, Math.floor(whole.length / 2))}`]],
    ['garble', 20, ['200 ok', '200 {"message":"ok"}']],
    ['miscount', 20, [`200 ${tooFew}`, `200 ${wrongCount}`]],
    ['html', 0, [expect.stringMatching(/^200 <html>/), expect.stringMatching(/^502 <html>/)]],
  ] as const)(
    '%s: of 20 requests %i are processed, and the response has one of two forms',
    async (...row) => {
      // Prepare
      const [fault, processed, forms] = row;
      const { send, stored } = await startServer({ [fault]: 1 });

      // Act
      const seen = [...(await readMany(send, 20))].sort();

      // Assess
      expect(seen).toEqual(forms);
      expect(stored()).toBe(processed);
    },
  );

  it('truncate: sends half of the body before it cuts the connection', async () => {
    // Prepare
    const { send } = await startServer({ truncate: 1 });

    // Act
    const lengths = new Set<string>();
    for (let request = 0; request < 20; request += 1) {
      const response = await send();
      let received = 0;
      try {
        for await (const chunk of response.body!) {
          received += chunk.length;
        }
      } catch {
        // The connection was cut.
      }
      lengths.add(`${received} of ${response.headers.get('content-length')}`);
    }

    // Assess
    const { length } = whole;
    const half = Math.floor(length / 2);
    expect(lengths).toEqual(new Set([`${half} of ${length}`, `${half} of ${half}`]));
  });

  it("html: is a proxy's page", async () => {
    const { send } = await startServer({ html: 1 });

    expect((await send()).headers.get('content-type')).toBe('text/html');
  });

  it('hang: no response, half of the time after the request was processed, until the server closes', async () => {
    // Prepare
    const { put, stored, server } = await startServer({ hang: 1 });
    let received = 0;
    server.on('request', () => {
      received += 1;
    });
    const outcomes = Array.from({ length: 40 }, put);
    await until(() => received === 40);

    // Act
    const first = await Promise.race([...outcomes, setTimeout(300, 'nothing')]);
    server.closeAllConnections();

    // Assess
    expect(first).toBe('nothing');
    expect(stored()).toBeGreaterThan(8);
    expect(stored()).toBeLessThan(32);
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['lost']));
  });

  it('drip: a byte of the body now and then, after the request was processed', async () => {
    // Prepare
    const { send, stored, server } = await startServer({ drip: 1 });
    let received = '';

    // Act
    const response = await send();
    const body = (async () => {
      for await (const chunk of response.body!) {
        received += Buffer.from(chunk).toString();
      }
    })();
    await setTimeout(1_300);
    const receivedThen = received;
    server.closeAllConnections();

    // Assess
    expect(stored()).toBe(1);
    expect([response.status, response.headers.get('content-length')]).toEqual([200, String(whole.length)]);
    expect([whole.slice(0, 1), whole.slice(0, 2)]).toContain(receivedThen);
    await expect(body).rejects.toThrow();
  });

  it('expired: 400 with the error of AWS, and nothing is processed', async () => {
    // Prepare
    const { send, stored } = await startServer({ expired: 1 });

    // Act
    const response = await send();

    // Assess
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      __type: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    });
    expect(stored()).toBe(0);
  });
});
