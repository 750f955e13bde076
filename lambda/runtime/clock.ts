export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Waits; ends early, without an error, when `signal` is aborted. */
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** A random number from [0, 1). */
  readonly random: () => number;
}

/** Longest wait before the first retry. */
const firstBackoffMs = 100;

/**
 * How long to wait before a retry: exponential backoff with full jitter.
 *
 * @param attempt How often it was tried, 1 or more.
 * @param maxMs Longest wait before any retry.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffOf(attempt: number, { random }: Clock, maxMs = 5_000): number {
  return random() * Math.min(maxMs, firstBackoffMs * 2 ** (attempt - 1));
}

/**
 * Makes a call with a timeout.
 *
 * @param durationMs How long it may take.
 * @param call Ends early when its signal is aborted, which happens when the time is over.
 * @param signal Aborts it, too.
 */
export async function callFor<Result>(
  durationMs: number,
  { sleep }: Clock,
  call: (signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const over = new AbortController();
  const done = new AbortController();
  const abort = () => over.abort();
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) {
    abort();
  }
  sleep(durationMs, done.signal).then(abort);
  try {
    return await call(over.signal);
  } finally {
    done.abort();
    signal?.removeEventListener('abort', abort);
  }
}
