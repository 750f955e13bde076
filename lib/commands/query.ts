import type { Command } from 'commander';
import { defaultTemplate } from '../../lambda/template/deployed.ts';
import { openEvents } from '../lake/local-database.ts';
import { namedQueries } from '../lake/named-queries.ts';
import { describeQueries, rowsAsJson, summarizeRows } from '../lake/summary.ts';
import { tableOf } from '../lake/table.ts';
import { checkTemplate } from '../template/check-template.ts';
import { UsageError } from '../terminal/command.ts';
import { readLastRun } from '../terminal/last-run.ts';

interface QueryOptions {
  readonly name?: string;
  readonly json?: true;
}

/** Adds the options and the action of `query`. */
export function configure(command: Command): void {
  command
    .argument('[sql]', 'a query, such as "select count(*) from events" (default: list the named queries)')
    .option('--name <query>', 'run a named query, as deployed with the table')
    .option('--json', 'print the rows as one JSON document')
    .action(runQuery);
}

async function runQuery(ownSql: string | undefined, { name, json }: QueryOptions): Promise<void> {
  if (ownSql !== undefined && name !== undefined) {
    throw new UsageError('a query and --name were given: leave one of them out');
  }
  if (ownSql?.trim() === '') {
    throw new UsageError('the query is empty: expected SQL, for example "select count(*) from events"');
  }
  const { objectPaths = [], eventTemplate = defaultTemplate } = await readLastRun();
  const table = tableOf(checkTemplate(eventTemplate).template);
  const queries = namedQueries(table);
  const named = queries.find((query) => query.name === name);
  if (name !== undefined && named === undefined) {
    const names = queries.map((query) => query.name).join(', ');
    throw new UsageError(`--name is ${name}: expected one of ${names}`);
  }
  const sql = ownSql ?? named?.sql;
  if (sql === undefined) {
    console.log(describeQueries(queries));
    return;
  }
  const events = await openEvents(table, objectPaths);
  try {
    const rows = await events.query(sql);
    console.log(json ? rowsAsJson(rows) : summarizeRows(rows));
  } finally {
    events.close();
  }
}
