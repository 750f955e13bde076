import { Command } from 'commander';
import { defaultTemplate } from '../../../lambda/template/default-template.ts';
import { openEvents } from '../../lake/local-database.ts';
import { namedQueries } from '../../lake/named-queries.ts';
import { describeQueries, rowsAsJson, summarizeRows } from '../../lake/summary.ts';
import { tableOf } from '../../lake/table.ts';
import { checkTemplate } from '../../template/check-template.ts';
import { runCommand, UsageError } from '../../terminal/command.ts';
import { commandLine, commandUsage } from '../../terminal/command-line.ts';
import { readLastRun } from '../../terminal/last-run.ts';

const command = new Command(commandUsage('query'))
  .description(
    'Asks the objects of the last local run, by SQL on the table events. Without options: what there is to ask.',
  )
  .argument('[sql]', 'a query, for example "select count(*), count(distinct id) from events"')
  .option('--name <query>', 'instead: one of the queries that are deployed with the table')
  .option('--json', 'print the rows as one JSON document');

await runCommand<{ readonly name?: string; readonly json?: true }>(
  command,
  async ({ name, json }) => {
    const [ownSql] = command.args;
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
      return 0;
    }
    const events = await openEvents(table, objectPaths);
    try {
      const rows = await events.query(sql);
      console.log(json ? rowsAsJson(rows) : summarizeRows(rows));
    } finally {
      events.close();
    }
    return 0;
  },
  { example: commandLine('query', '--name landed') },
);
