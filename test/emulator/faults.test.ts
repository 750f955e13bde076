import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createThrottle, type Faults, noFaults, parseFaults, withFaults } from '../../lib/emulator/faults.ts';
import { listenOnLoopback } from '../../lib/emulator/firehose/server.ts';
import { createRandom } from '../../lib/emulator/random.ts';

describe('parseFaults', () => {
  it('reads every kind', () => {
    expect(parseFaults('throttle=0.3,error=0.05, reset=.02,latency=20,outage=5s@3.5s')).toEqual({
      throttle: 0.3,
      error: 0.05,
      reset: 0.02,
      latencyMs: 20,
      outage: { fromMs: 3_500, toMs: 8_500 },
    });
  });

  it.each([
    [
      'throttle=2',
      '"throttle=2": expected a probability from 0 to 1 for throttle, for example throttle=0.3,',
    ],
    ['error=0.1,reset=x', '"reset=x": expected a probability from 0 to 1 for reset'],
    ['latency=-1', '"latency=-1": expected milliseconds for latency'],
    ['outage=5', '"outage=5": expected SECONDSs@SECONDSs for outage'],
    ['thortle=0.1', '"thortle=0.1": expected throttle, error, reset, latency or outage'],
    ['', '"": expected throttle, error, reset, latency or outage'],
    ['error', '"error": expected throttle'],
  ])('refuses %j and names the part', (spec, message) => {
    expect(() => parseFaults(spec)).toThrow(RangeError);
    expect(() => parseFaults(spec)).toThrow(message);
  });
});

describe('throttle', () => {
  it('refuses about as many records as it says, the same ones for the same seed', () => {
    // Prepare
    const decide = () => {
      const throttle = createThrottle({ ...noFaults, throttle: 0.3 }, createRandom(7));
      return Array.from({ length: 10_000 }, () => throttle() !== undefined);
    };

    // Act
    const refusals = decide();

    // Assess
    expect(refusals.filter(Boolean).length / 10_000).toBeCloseTo(0.3, 1);
    expect(decide()).toEqual(refusals);
  });
});

/** A server that counts what it stores, behind faults; each request says what became of it. */
async function startServer(faults: Partial<Faults>) {
  let stored = 0;
  const listener = withFaults(
    (request, response) => {
      request.resume().once('end', () => {
        stored += 1;
        response.writeHead(200).end('stored');
      });
    },
    { ...noFaults, ...faults },
    createRandom(7),
  );
  const server = createServer(listener);
  const endpointUrl = await listenOnLoopback(server, 0);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const put = async (): Promise<number | 'lost'> => {
    try {
      const response = await fetch(endpointUrl, { method: 'POST', body: 'events' });
      await response.text();
      return response.status;
    } catch {
      return 'lost';
    }
  };
  return { put, stored: () => stored };
}

async function putMany(put: () => Promise<number | 'lost'>, requests: number) {
  const outcomes: (number | 'lost')[] = [];
  for (let request = 0; request < requests; request += 1) {
    outcomes.push(await put());
  }
  return outcomes;
}

describe('the faults of whole requests', () => {
  it('are none by default', async () => {
    // Prepare
    const { put, stored } = await startServer({});

    // Act
    const outcomes = await putMany(put, 5);

    // Assess
    expect(outcomes).toEqual([200, 200, 200, 200, 200]);
    expect(stored()).toBe(5);
  });

  it('error: responds with 500 or 503, and stores nothing', async () => {
    // Prepare
    const { put, stored } = await startServer({ error: 1 });

    // Act
    const outcomes = await putMany(put, 20);

    // Assess
    expect(new Set(outcomes)).toEqual(new Set([500, 503]));
    expect(stored()).toBe(0);
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

  it('outage: nothing works for so long, and then all does', async () => {
    // Prepare
    const { put, stored } = await startServer({ outage: { fromMs: 0, toMs: 300 } });

    // Act
    const during = await putMany(put, 2);
    await new Promise((resolve) => setTimeout(resolve, 350));
    const after = await putMany(put, 2);

    // Assess
    expect([...during, ...after]).toEqual(['lost', 'lost', 200, 200]);
    expect(stored()).toBe(2);
  });
});
