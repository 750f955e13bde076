import type { Stretch } from './skeleton.ts';

/** Types of columns, by the names that Glue and Hive have for them. */
export type ColumnType = 'string' | 'bigint' | 'double' | 'boolean' | 'timestamp' | 'date';

/** A column of the table of events. */
export interface Column {
  /** Its name: lower case letters, digits and `_`. */
  readonly name: string;
  /** Its type. */
  readonly type: ColumnType;
}

/** A column that takes a stretch of each line. */
export interface PlacedColumn extends Column, Stretch {}

/** The column that has the whole line: the first one. */
export const lineColumn = 'line';

/** The column that has the UUID, where the template has no name for it. */
export const idColumn = 'id';
