import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import type { RecordErrorCode } from './firehose/server.ts';

/** How the embedded Firehose misbehaves. */
export interface Faults {
  /** Probability that a record is refused. */
  readonly throttle: number;
  /** Probability that a request is responded to with 500 or 503, and not stored. */
  readonly error: number;
  /** Probability that the connection is cut after the request was read, half of the time after it was stored. */
  readonly reset: number;
  /** Longest time that a response is held back. */
  readonly latencyMs: number;
  /** Nothing works from and to these times, after the start. */
  readonly outage?: { readonly fromMs: number; readonly toMs: number };
}

/** A Firehose without a fault. */
export const noFaults: Faults = { throttle: 0, error: 0, reset: 0, latencyMs: 0 };

/** Faults of every kind. */
export const faultsExample = 'throttle=0.3,error=0.05,reset=0.02,latency=20,outage=5s@3s';

/**
 * Reads faults such as `throttle=0.3,error=0.05,reset=0.02,latency=20,outage=5s@3s`: probabilities, milliseconds, and
 * an outage of so long from then on.
 *
 * @throws RangeError naming the part that doesn't fit, what was expected, and an example.
 */
export function parseFaults(spec: string): Faults {
  let faults = noFaults;
  for (const part of spec.split(',')) {
    faults = { ...faults, ...parseFault(part) };
  }
  return faults;
}

function parseFault(part: string): Partial<Faults> {
  const [, kind, value = ''] = /^(\w+)=(.+)$/.exec(part.trim()) ?? [];
  const expected = (what: string) =>
    new RangeError(`"${part}": expected ${what}, for example ${faultsExample}`);
  switch (kind) {
    case 'throttle':
    case 'error':
    case 'reset':
      if (!/^(0(\.\d+)?|1(\.0+)?|\.\d+)$/.test(value)) {
        throw expected(`a probability from 0 to 1 for ${kind}`);
      }
      return { [kind]: Number(value) };
    case 'latency':
      if (!/^\d{1,6}$/.test(value)) {
        throw expected('milliseconds for latency');
      }
      return { latencyMs: Number(value) };
    case 'outage': {
      const [, length, from] = /^(\d+(?:\.\d+)?)s@(\d+(?:\.\d+)?)s$/.exec(value) ?? [];
      if (!length || !from) {
        throw expected('SECONDSs@SECONDSs for outage');
      }
      return { outage: { fromMs: Number(from) * 1_000, toMs: (Number(from) + Number(length)) * 1_000 } };
    }
    default:
      throw expected('throttle, error, reset, latency or outage');
  }
}

/** Decides over each record as `throttle` says. */
export function createThrottle(
  { throttle }: Faults,
  random: () => number,
): () => RecordErrorCode | undefined {
  return () => (random() < throttle ? 'ServiceUnavailableException' : undefined);
}

/**
 * Puts the faults of whole requests before a server.
 *
 * @param random A number from [0, 1).
 */
export function withFaults(listener: RequestListener, faults: Faults, random: () => number): RequestListener {
  const startedMs = Date.now();
  const { error, reset, latencyMs, outage } = faults;
  return async (request, response) => {
    const [fate, delay, coin] = [random(), random(), random()];
    const sinceStartMs = Date.now() - startedMs;
    if (outage && sinceStartMs >= outage.fromMs && sinceStartMs < outage.toMs) {
      request.socket.destroy();
      return;
    }
    if (latencyMs > 0) {
      await setTimeout(delay * latencyMs);
    }
    if (fate < error) {
      await readWhole(request);
      respondWithError(response, coin < 0.5 ? 500 : 503);
    } else if (fate < error + reset && coin < 0.5) {
      await readWhole(request);
      request.socket.destroy();
    } else if (fate < error + reset) {
      // The server stores the request, and its response meets a closed connection.
      response.writeHead = () => response;
      response.end = () => {
        request.socket.destroy();
        return response;
      };
      listener(request, response);
    } else {
      listener(request, response);
    }
  };
}

function readWhole(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => request.resume().once('end', resolve).once('close', resolve));
}

/** Responds as AWS does when it has a problem. */
export function respondWithError(response: ServerResponse, status: 500 | 503): void {
  const type = status === 500 ? 'InternalFailure' : 'ServiceUnavailableException';
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type })
    .end(
      JSON.stringify({ __type: type, message: status === 500 ? 'Internal service failure' : 'Slow down.' }),
    );
}
