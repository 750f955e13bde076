import type { EventTemplate } from '../../lambda/template/event-template.ts';
import { type Column, idColumn, lineColumn, type PlacedColumn } from './column.ts';
import { jsonColumns } from './json-columns.ts';
import { linePattern } from './line-pattern.ts';
import { type Skeleton, skeletonOf } from './skeleton.ts';

/** How a SQL engine reads the lines of events. */
export interface EventTable {
  /** The columns, in the order of the groups of {@link pattern}. */
  readonly columns: readonly Column[];
  /** What a whole line matches. A line that doesn't is NULL in every column. */
  readonly pattern: string;
  /** The column with the UUID, the event's identity. */
  readonly idColumn: string;
  /** A column that sorts events by time. @default - there is none */
  readonly timeColumn?: string;
}

/** Name of the table. */
export const tableName = 'events';

/**
 * The table of a template's events: the line, and a column for each field of JSON, or for the UUID in any other text.
 *
 * @throws TableError naming what stands in the way, and a remedy.
 */
export function tableOf(template: EventTemplate): EventTable {
  const skeleton = skeletonOf(template);
  const placed = template.isJson ? jsonColumns(skeleton) : textColumns(skeleton);
  const { from } = skeleton.parts.find(({ part }) => part.isUuid)!;
  const id = placed.find((column) => column.from <= from && from < column.to)!;
  const time = placed.find((column) => sortsByTime(skeleton, column));
  return {
    columns: [{ name: lineColumn, type: 'string' }, ...placed.map(({ name, type }) => ({ name, type }))],
    pattern: `(${linePattern(skeleton, placed, template.isJson)})`,
    idColumn: id.name,
    ...(time && { timeColumn: time.name }),
  };
}

function textColumns({ parts }: Skeleton): PlacedColumn[] {
  const { from, to } = parts.find(({ part }) => part.isUuid)!;
  return [{ name: idColumn, type: 'string', from, to }];
}

/** Whether a column sorts events by time: its only expression is a time that begins with the year, or counts. */
function sortsByTime({ parts }: Skeleton, { from, to, type }: PlacedColumn): boolean {
  const [time, ...others] = parts.filter(
    (placed) => !placed.part.isText && placed.from >= from && placed.to <= to,
  );
  const [sample = ''] = time?.part.timeFormat ? time.samples : [];
  return (
    others.length === 0 &&
    ((type === 'bigint' && sample !== '') || /^\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d/.test(sample))
  );
}
