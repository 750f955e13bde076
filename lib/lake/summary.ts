import { commandLine } from '../terminal/command-line.ts';
import { formatTable } from '../terminal/table.ts';
import { formatCount, printable } from '../terminal/text.ts';
import type { Rows, Value } from './local-database.ts';
import type { NamedQuery } from './named-queries.ts';

const maxShownRows = 100;

/** The list of named queries. */
export function describeQueries(queries: readonly NamedQuery[]): string {
  return [
    ...queries.map(({ name, description }) => `${name.padEnd(22)}${description}`),
    '',
    commandLine('query', '--name landed'),
    commandLine('query', '"select count(*) from events"'),
  ].join('\n');
}

export function summarizeRows({ columns, rows }: Rows): string {
  const shown = rows.slice(0, maxShownRows).map((row) => row.map(textOf));
  const more = rows.length - shown.length;
  return [
    formatTable([columns, ...shown].map((row) => row.map(printable))),
    ...(more > 0 ? [`and ${formatCount(more, 'row')} more: --json prints all`] : []),
    ...(rows.length === 0 ? ['no rows'] : []),
  ].join('\n');
}

export function rowsAsJson({ columns, rows }: Rows): string {
  return printable(
    JSON.stringify(
      rows.map((row) => Object.fromEntries(row.map((value, column) => [columns[column]!, value]))),
    ),
  );
}

function textOf(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
