import type { Readable } from 'node:stream';
import { FunctionError } from '../../runtime/errors.ts';
import type { StoredObject } from '../comparison/comparison.ts';

/** An object was deleted after it was listed. */
export class ObjectGoneError extends FunctionError {
  override readonly name = 'ObjectGoneError';
}

/** A bucket to read from. Each call fails early when `signal` is aborted. */
export interface Bucket {
  /** Lists the objects whose keys start with a prefix. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /** Begins to read a listed object from its start. @throws ObjectGoneError if there is no such object. */
  open(object: Pick<StoredObject, 'key' | 'etag'>, signal: AbortSignal): Promise<Readable>;
}
