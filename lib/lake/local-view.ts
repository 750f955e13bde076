import { lineColumn } from './column.ts';
import { partitionColumn } from './layout.ts';
import { type EventTable, tableName } from './table.ts';

/** Functions of Athena that the named queries call, and DuckDB has by other names or not at all. */
const macros = [
  'create macro date_format(moment, format) as strftime(moment::timestamp, format)',
  // DuckDB doesn't measure a blob: a text with a character for each byte has the same length.
  "create macro to_utf8(text) as repeat(' ', strlen(text))",
];

/**
 * What makes DuckDB read objects as Athena reads them by the Glue table: a view with the same columns, in which a line
 * that doesn't fit is NULL in each.
 *
 * @param objectPaths The objects, one or more.
 */
export function viewStatements({ columns, pattern }: EventTable, objectPaths: readonly string[]): string[] {
  const groups = columns.map((_, place) => `'g${place}'`).join(', ');
  const values = columns.map(
    ({ name, type }, place) =>
      `try_cast(case when fits then g.g${place} end as ${duckTypes[type]}) as "${name}"`,
  );
  return [
    ...macros,
    `create view ${tableName} as
      with lines as (
        select regexp_extract(${lineColumn}, ${quoted(`^${pattern}$`)}, [${groups}], 's') as g, ${partitionColumn}
        from read_csv([${objectPaths.map((path) => quoted(withoutGlob(path))).join(', ')}], columns = {'${lineColumn}': 'VARCHAR'}, delim = '\\n', quote = '', escape = '',
          header = false, auto_detect = false, hive_partitioning = true, hive_types_autocast = false)
      )
      select ${values.join(', ')}, ${partitionColumn}
      from (select g, g.g0 <> '' as fits, ${partitionColumn} from lines)`,
  ];
}

/** DuckDB's names for the types. */
const duckTypes = {
  string: 'varchar',
  bigint: 'bigint',
  double: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
} as const;

/** A path in which a glob means nothing. */
function withoutGlob(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}

/** A text as SQL writes it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
