import { CorruptObjectError } from './byte-reader.ts';
import { UnreadableFormatError } from './formats.ts';
import { OversizedObjectError } from './object-bytes.ts';

/**
 * What stops the reading of an object: its content, which will never be readable, a lack of access, or another cause, which
 * may be gone the next time.
 */
export type Obstacle = 'content' | 'access' | 'other';

/** Names of errors of S3 that concern one object: a policy, a KMS key, an object of another account, an archived object. */
const accessErrors = /^(AccessDenied|InvalidObjectState|KMS\..*)$/;

export function obstacleOf(error: unknown): Obstacle {
  if (error instanceof CorruptObjectError || error instanceof OversizedObjectError) {
    return 'content';
  }
  return accessErrors.test((error as Error).name) ? 'access' : 'other';
}

/** Limit of the different reasons. */
const maxReasons = 10;

/** Counts objects that could not be read to their end, by reason. */
export class UnreadObjects {
  readonly #reasons = new Map<string, { readonly firstKey: string; readonly count: number }>();

  add(key: string, error: unknown): void {
    const own = reasonOf(error);
    const reason = this.#reasons.size < maxReasons || this.#reasons.has(own) ? own : 'not readable';
    const { firstKey, count } = this.#reasons.get(reason) ?? { firstKey: key, count: 0 };
    this.#reasons.set(reason, { firstKey: key < firstKey ? key : firstKey, count: count + 1 });
  }

  /** The most frequent reason first, for example `2 objects are Parquet (events/a, …)`. */
  describe(): string[] {
    const reasons = [...this.#reasons].sort(
      ([a, { count: x }], [b, { count: y }]) => y - x || (a < b ? -1 : 1),
    );
    return reasons.map(([reason, { firstKey, count }]) =>
      count === 1 ? `1 object is ${reason} (${firstKey})` : `${count} objects are ${reason} (${firstKey}, …)`,
    );
  }
}

function reasonOf(error: unknown): string {
  const { name, message } = error as Error;
  if (error instanceof UnreadableFormatError) {
    return error.format;
  }
  if (obstacleOf(error) === 'content') {
    return `damaged: ${message}`;
  }
  // The message names the object, so that each is different.
  const [, action = ''] = /perform: (\S+)/.exec(message) ?? [];
  return obstacleOf(error) === 'access'
    ? ['not accessible:', name, action].join(' ').trim()
    : `not readable: ${name}: ${message}`;
}
