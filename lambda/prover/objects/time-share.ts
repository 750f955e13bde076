import { setImmediate } from 'node:timers/promises';

/** An object that has taken more than this part of the time waits until the others were read. */
const sharePart = 1 / 100;

/** Limit of the objects that wait: each of them stays open, with up to 1 MiB. */
const maxWaiting = 32;

/** Work without a pause. After it the event loop has its turn: sockets and timers must not wait for us. */
const maxBusyMs = 50;

/** Does a piece of work on an object. @returns what to wait for before the next piece, if anything. */
export type Work = (piece: () => void) => Promise<void> | undefined;

/**
 * Divides the time to read among objects: a few that take long do not stop the others.
 *
 * @param now Milliseconds since 1970.
 */
export function createTimeShare(now: () => number, durationMs: number) {
  let endWaiting = () => {};
  const othersRead = new Promise<void>((resolve) => {
    endWaiting = resolve;
  });
  let [waiting, busyMs] = [0, 0];
  const pause = async () => {
    await setImmediate();
    busyMs = 0;
  };
  return {
    /** @param onWait Called when the object begins to wait for the others. */
    startObject: (onWait: () => void): Work => {
      let [objectMs, mayWait] = [0, true];
      return (piece) => {
        const startedMs = now();
        piece();
        const pieceMs = now() - startedMs;
        objectMs += pieceMs;
        busyMs += pieceMs;
        if (mayWait && objectMs > durationMs * sharePart && waiting < maxWaiting) {
          mayWait = false;
          waiting += 1;
          onWait();
          return othersRead;
        }
        return busyMs > maxBusyMs ? pause() : undefined;
      };
    },
    /** Ends the waiting: all other objects were read. */
    endWaiting,
  };
}
