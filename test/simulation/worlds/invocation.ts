import type { World } from './world.ts';

/** Passes a promise on while the invocation runs; afterwards it never settles. */
export type WhileAlive = <Value>(promise: Promise<Value>) => Promise<Value>;

export interface InvocationEnd<Result> {
  /** Missing if the invocation failed or was killed. */
  readonly result?: Result;
  readonly error?: Error;
  readonly killed: boolean;
  /** Whether it was killed because it did not end before its timeout. */
  readonly timedOut: boolean;
}

/** Runs an invocation until it ends, times out or is killed. @param killAfterMs `undefined` if it is not killed. */
export function runInvocation<Result>(
  world: World,
  { timeoutMs, killAfterMs = Number.POSITIVE_INFINITY }: { timeoutMs: number; killAfterMs?: number },
  start: (whileAlive: WhileAlive) => Promise<Result>,
): Promise<InvocationEnd<Result>> {
  let alive = true;
  const never = new Promise<never>(() => {});
  const whileAlive: WhileAlive = (promise) =>
    promise.then(
      (value) => (alive ? value : never),
      (error) => (alive ? Promise.reject(error) : never),
    );
  return new Promise((resolve) => {
    const end = (how: Pick<InvocationEnd<Result>, 'result' | 'error'>, killed = false, timedOut = false) => {
      alive = false;
      cancel();
      resolve({ ...how, killed, timedOut });
    };
    const cancel = world.after(Math.min(killAfterMs, timeoutMs), () =>
      end({}, true, killAfterMs >= timeoutMs),
    );
    start(whileAlive).then(
      (result) => alive && end({ result }),
      (error) => alive && end({ error }),
    );
  });
}
