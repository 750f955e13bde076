import { lineColumn } from './column.ts';
import { partitionColumn } from './layout.ts';
import { type EventTable, tableName } from './table.ts';

/** Athena functions of the named queries that DuckDB lacks or names differently. */
const macros = [
  'create macro date_format(moment, format) as strftime(moment::timestamp, format)',
  // DuckDB cannot measure a blob: this text has a character for each byte.
  "create macro to_utf8(text) as repeat(' ', strlen(text))",
];

/**
 * Statements that make DuckDB read objects as Athena reads them through the Glue table: a view with the same columns,
 * all NULL for a line that does not match.
 *
 * @param objectPaths At least one.
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

const duckTypes = {
  string: 'varchar',
  bigint: 'bigint',
  double: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
} as const;

/** Escapes glob characters. */
function withoutGlob(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}

/** Quotes a text for SQL. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
