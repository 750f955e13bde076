import { existsSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { UsageError } from '../terminal/command.ts';
import { commandLine } from '../terminal/command-line.ts';
import { viewStatements } from './local-view.ts';
import type { EventTable } from './table.ts';

export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** The result of a query. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

export interface EventsDatabase {
  /** @throws UsageError with DuckDB's message about the SQL. */
  query(sql: string): Promise<Rows>;
  close(): void;
}

/** Downloads nothing. */
const settings = { autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' };

/**
 * Opens DuckDB with the events of some objects.
 *
 * @throws Error if DuckDB is not installed, or an object is missing.
 */
export async function openEvents(table: EventTable, objectPaths: readonly string[]): Promise<EventsDatabase> {
  const gone = objectPaths.find((path) => !existsSync(path));
  if (gone !== undefined || objectPaths.length === 0) {
    throw new Error(
      `${gone === undefined ? 'the last run has no objects' : `${gone} does not exist any more`}: run ${commandLine('start')}`,
    );
  }
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:', settings);
  const connection = await instance.connect();
  for (const statement of ["set timezone = 'UTC'", ...viewStatements(table, objectPaths)]) {
    await connection.run(statement);
  }
  return {
    query: (sql) => run(connection, sql),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function loadDuckDb(): Promise<typeof import('@duckdb/node-api')> {
  try {
    return await import('@duckdb/node-api');
  } catch (error) {
    throw new Error(
      'DuckDB is not installed: npm install @duckdb/node-api (70 MB), on a platform that it supports',
      { cause: error },
    );
  }
}

async function run(connection: DuckDBConnection, sql: string): Promise<Rows> {
  try {
    const reader = await connection.runAndReadAll(sql);
    const isNumber = reader.columnTypes().map((type) => /^(U?(BIG|HUGE)INT|DECIMAL)\b/.test(`${type}`));
    const rows = reader.getRowsJson() as Value[][];
    return {
      columns: reader.columnNames(),
      rows: rows.map((row) => row.map((value, column) => (isNumber[column] ? numberOf(value) : value))),
    };
  } catch (error) {
    // After the first paragraph, DuckDB repeats the SQL.
    const [reason = ''] = (error as Error).message.split('\n\n');
    throw new UsageError(reason.replace(/\s*\n\s*/g, ' '));
  }
}

/** DuckDB returns large and decimal numbers as texts: those that JavaScript cannot represent stay texts. */
function numberOf(value: Value): Value {
  const number = Number(value);
  return String(number) === value ? number : value;
}
