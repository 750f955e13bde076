import type { World } from './world.ts';

/** A call to a service in a simulated world. */
export interface SimulatedCall<Response> {
  /** From the call to its response. */
  readonly latencyMs: number;
  /** Aborted when the caller waits no longer. */
  readonly signal: AbortSignal;
  /**
   * What the service does, halfway, whether or not anybody still waits.
   *
   * @returns `undefined` if it never responds.
   */
  readonly process: () => Response | undefined;
  /** What a caller gets that did not wait for the response. */
  readonly lost: () => Response;
}

/** Makes a call, which is over when the response comes or when the caller gives up. */
export function simulateCall<Response>(
  world: World,
  { latencyMs, signal, process, lost }: SimulatedCall<Response>,
): Promise<Response> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      // Never at once: a caller that tries for ever has to let the world go on.
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
