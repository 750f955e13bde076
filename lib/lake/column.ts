import type { Stretch } from './skeleton.ts';

/** Column types, by the names of Glue and Hive. */
export type ColumnType = 'string' | 'bigint' | 'double' | 'boolean' | 'timestamp' | 'date';

export interface Column {
  /** Lower case letters, digits and `_`. */
  readonly name: string;
  readonly type: ColumnType;
}

export interface PlacedColumn extends Column, Stretch {}

/** Column with the whole line: the first one. */
export const lineColumn = 'line';

/** Column with the UUID, where the template has no name for it. */
export const idColumn = 'id';

/** A template cannot become a table; the message has the reason and a remedy. */
export class TableError extends Error {
  override readonly name = 'TableError';
}
