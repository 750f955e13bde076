import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  ConflictException,
  CreateRegistryCommand,
  CreateSchemaCommand,
  DescribeSchemaCommand,
  NotFoundException,
  type SchemasClient,
  UpdateSchemaCommand,
} from '@aws-sdk/client-schemas';
import * as v from 'valibot';
import { UnanswerableError, unanswerableCall } from '../../proof/unanswerable.ts';
import { isPacked, projectDirectory } from '../../terminal/packed.ts';

/** Where the Lambda console keeps the test events that users share. */
const RegistryName = 'lambda-testevent-schemas';

const directory = join(projectDirectory, isPacked ? '..' : '.', 'docs/test-events');

const example = v.looseObject({ value: v.unknown() });
const components = v.looseObject({ examples: v.optional(v.record(v.string(), example), {}) });
const schema = v.pipe(v.string(), v.parseJson(), v.looseObject({ components }));

const emptySchema = JSON.stringify({
  openapi: '3.0.0',
  info: { version: '1.0.0', title: 'Event' },
  paths: {},
  components: { schemas: { Event: { type: 'object' } } },
});

/**
 * Shares the test events with users of the Lambda console. Those of others stay, also if they have one of our names.
 *
 * @returns what was done, in one line.
 * @throws UnanswerableError if the registry cannot be read or written.
 */
export async function saveTestEvents(client: SchemasClient, functionName: string): Promise<string> {
  const SchemaName = `_${functionName}-schema`;
  const place = { RegistryName, SchemaName };
  const attempt = `sharing test events as ${SchemaName} of ${RegistryName}`;
  const failed = (error: unknown): never => {
    throw unanswerableCall(attempt, error);
  };
  const before = await client.send(new DescribeSchemaCommand(place)).catch((error) => {
    return error instanceof NotFoundException ? undefined : failed(error);
  });
  const read = v.safeParse(schema, before ? before.Content : emptySchema);
  if (!read.success) {
    throw new UnanswerableError(
      `${attempt}: expected an OpenAPI document with components, got ${before?.Content}`,
    );
  }
  const { examples } = read.output.components;
  const ours = readdirSync(directory).map((file) => {
    const value: unknown = JSON.parse(readFileSync(join(directory, file), 'utf8'));
    return [parse(file).name, { value }] as const;
  });
  const added = ours.filter(([name]) => examples[name] === undefined);
  const taken = ours.filter(
    ([name, { value }]) => examples[name] && !isDeepStrictEqual(examples[name].value, value),
  );
  if (added.length > 0) {
    Object.assign(examples, Object.fromEntries(added));
    const content = { ...place, Type: 'OpenApi3', Content: JSON.stringify(read.output) } as const;
    if (before) {
      await client.send(new UpdateSchemaCommand(content)).catch(failed);
    } else {
      await client.send(new CreateRegistryCommand({ RegistryName })).catch((error) => {
        return error instanceof ConflictException || failed(error);
      });
      await client.send(new CreateSchemaCommand(content)).catch(failed);
    }
  }
  const names = taken.map(([name]) => name).join(', ');
  return (
    `${added.length} test events shared as ${SchemaName}, ${ours.length - added.length - taken.length} were there` +
    (names && `; others have their own ${names}`)
  );
}
