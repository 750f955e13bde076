import type { World } from '../worlds/world.ts';

export interface SimulatedCall<Response> {
  readonly latencyMs: number;
  readonly signal: AbortSignal;
  /** The service's work, halfway, even if the caller has given up. Returns `undefined` if it never responds. */
  readonly process: () => Response | undefined;
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

/** Makes errors with unique messages, so that a report has to name the right one. */
export function numberErrors(service: string): (message: string) => Error {
  let failures = 0;
  return (message) => new Error(`${message} (failure ${++failures} of the ${service})`);
}
