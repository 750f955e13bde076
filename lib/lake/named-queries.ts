import { lineColumn } from './column.ts';
import { partitionColumn } from './layout.ts';
import { type EventTable, tableName } from './table.ts';

export interface NamedQuery {
  /** Name in the Athena console, and of `npm run query -- --name`. */
  readonly name: string;
  /** The question that it answers, in one sentence. */
  readonly description: string;
  /** For Athena and for DuckDB. The first line is the description, as a comment. */
  readonly sql: string;
}

/** Filters by partition: objects of other hours are not read. */
function withinHours(hours: number): string {
  return `${partitionColumn} >= date_format(current_timestamp - interval '${hours}' hour, '%Y-%m-%d-%H')`;
}

export const countSql = `select count(*) as lines from ${tableName} where ${withinHours(24)}`;

/** The queries that are deployed with a table. */
export function namedQueries({ columns, idColumn, timeColumn }: EventTable): NamedQuery[] {
  const id = `"${idColumn}"`;
  const fields = columns.filter(({ name }) => name !== lineColumn && name !== idColumn);
  const shown = fields.length > 0 ? [{ name: idColumn }, ...fields] : [{ name: lineColumn }];
  const newestFirst = [partitionColumn, ...(timeColumn ? [`"${timeColumn}"`] : [])];
  return [
    query('events-per-hour', 'How many events are there in each hour of the last seven days?', [
      `select ${partitionColumn}, count(${id}) as events`,
      `from ${tableName}`,
      `where ${withinHours(7 * 24)}`,
      `group by ${partitionColumn}`,
      `order by ${partitionColumn} desc`,
    ]),
    query('duplicates', 'Which events of the last 24 hours are duplicated?', [
      `select ${id}, count(*) as copies`,
      `from ${tableName}`,
      `where ${withinHours(24)} and ${id} is not null`,
      `group by ${id}`,
      'having count(*) > 1',
      `order by copies desc, ${id}`,
    ]),
    query('lines-that-do-not-fit', 'How many lines of the last 24 hours are not events?', [
      `select ${partitionColumn}, count(*) as lines`,
      `from ${tableName}`,
      `where ${withinHours(24)} and ${id} is null`,
      `group by ${partitionColumn}`,
      `order by ${partitionColumn} desc`,
    ]),
    query('landed', 'How many events and bytes landed in each of the last 24 hours?', [
      `select ${partitionColumn}, count(*) as events, sum(length(to_utf8(${lineColumn})) + 1) as bytes`,
      `from ${tableName}`,
      `where ${withinHours(24)} and ${id} is not null`,
      `group by ${partitionColumn}`,
      `order by ${partitionColumn} desc`,
    ]),
    query('newest', 'Which 20 events are the newest?', [
      `select ${shown.map(({ name }) => `"${name}"`).join(', ')}`,
      `from ${tableName}`,
      `where ${withinHours(24)} and ${id} is not null`,
      `order by ${newestFirst.map((column) => `${column} desc`).join(', ')}`,
      'limit 20',
    ]),
  ];
}

function query(name: string, description: string, lines: readonly string[]): NamedQuery {
  return { name, description, sql: [`-- ${description}`, ...lines].join('\n') };
}
