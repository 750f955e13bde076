/** A template makes no sense as a table; the message says why, and what helps. */
export class TableError extends Error {
  override readonly name = 'TableError';
}
