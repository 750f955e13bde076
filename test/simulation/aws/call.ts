import type { World } from '../worlds/world.ts';

/** A call to a service in a simulated world. */
export interface SimulatedCall<Response> {
  readonly latencyMs: number;
  /** Aborted when the caller gives up. */
  readonly signal: AbortSignal;
  /** The service's work, halfway, even if the caller has given up. Returns `undefined` if it never responds. */
  readonly process: () => Response | undefined;
  /** The result for a caller that gave up. */
  readonly lost: () => Response;
}

/** Makes a call, which ends with the response or when the caller gives up. */
export function simulateCall<Response>(
  world: World,
  { latencyMs, signal, process, lost }: SimulatedCall<Response>,
): Promise<Response> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      // Never at once: the world must go on even if the caller retries for ever.
      world.after(0, () => resolve(lost()));
      return;
    }
    const abort = () => resolve(lost());
    signal.addEventListener('abort', abort, { once: true });
    world.after(latencyMs / 2, () => {
      const response = process();
      if (response !== undefined) {
        world.after(latencyMs / 2, () => {
          signal.removeEventListener('abort', abort);
          resolve(response);
        });
      }
    });
  });
}
