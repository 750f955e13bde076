import type { EventTemplate } from '../../lambda/template/event-template.ts';
import { type Column, idColumn, lineColumn, type PlacedColumn } from './column.ts';
import { jsonColumns } from './json-columns.ts';
import { linePattern } from './line-pattern.ts';
import { type Skeleton, skeletonOf } from './skeleton.ts';

export interface EventTable {
  /** In the order of the groups of {@link pattern}. */
  readonly columns: readonly Column[];
  /** Matches a whole line. A line that does not match is NULL in every column. */
  readonly pattern: string;
  /** Column with the UUID, the event's identity. */
  readonly idColumn: string;
  /** Column that sorts events by time. @default - no such column */
  readonly timeColumn?: string;
}

export const tableName = 'events';

/**
 * The table of a template's events. Columns: the line, and each field of JSON, or the UUID of any other text.
 *
 * @throws TableError with the reason and a remedy.
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

/** Whether a column sorts events by time: its only expression is a time that starts with the year, or a number. */
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
