import type { Readable } from 'node:stream';

/** An object that a source has. */
export interface StoredObject {
  /** Its key, relative to the bucket. */
  readonly key: string;
  /** When it landed, in milliseconds since 1970. */
  readonly landedAtMs: number;
  /** Its size, compressed if it is, in bytes. */
  readonly bytes: number;
}

/** Where objects are read from. */
export interface Source {
  /** How a person would name it. */
  readonly name: string;
  /**
   * All objects, in any order, the error prefix's too.
   *
   * @throws UnanswerableError if there is no such place or it may not be listed.
   */
  list(): AsyncIterable<StoredObject>;
  /**
   * Begins to read an object from its start.
   *
   * @throws UnanswerableError if it cannot be read, here or from the stream.
   */
  open(key: string): Promise<Readable>;
}

/** The question whether events arrived cannot be answered; the message says why in one line. Exit status 2. */
export class UnanswerableError extends Error {
  override readonly name = 'UnanswerableError';
}

/**
 * The error type in the key of an object under the error prefix of the deployed stack, `errors/<type>/…`; undefined for
 * all other objects.
 */
export function errorTypeOf(key: string): string | undefined {
  return /^errors\/([^/]+)\//.exec(key)?.[1];
}
