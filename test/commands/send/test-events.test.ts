import {
  ConflictException,
  CreateRegistryCommand,
  CreateSchemaCommand,
  DescribeSchemaCommand,
  NotFoundException,
  type SchemasClient,
  UpdateSchemaCommand,
} from '@aws-sdk/client-schemas';
import { beforeEach, describe, expect, it } from 'vitest';
import { saveTestEvents } from '../../../lib/commands/send/test-events.ts';

const place = { RegistryName: 'lambda-testevent-schemas', SchemaName: '_my-function-schema' };
const names = ['default', 'large-run', 'million', 'redo-slice', 'repeatable-run', 'steady-rate', 'thousand'];

/** The content of the schema. */
let content: string | undefined;
let hasRegistry: boolean;
let calls: unknown[];

beforeEach(() => {
  [content, hasRegistry, calls] = [undefined, false, []];
});

const error = { $metadata: {}, message: '', Code: '', Message: '' };

const client = {
  send: async (command: { constructor: unknown; input: Record<string, unknown> }) => {
    const { Content, ...input } = command.input;
    calls.push(command.constructor);
    if (command instanceof CreateRegistryCommand) {
      expect(input).toEqual({ RegistryName: place.RegistryName });
      if (hasRegistry) {
        throw new ConflictException(error);
      }
      hasRegistry = true;
    } else if (command instanceof DescribeSchemaCommand) {
      expect(input).toEqual(place);
      if (content === undefined) {
        throw new NotFoundException(error);
      }
      return { Content: content };
    } else {
      expect([input, hasRegistry]).toEqual([{ ...place, Type: 'OpenApi3' }, true]);
      content = String(Content);
    }
    return {};
  },
} as unknown as SchemasClient;

const examples = () => JSON.parse(content!).components.examples;

describe('npm run send -- --save-test-events', () => {
  it.each([true, false])('shares the seven test events, in a registry that is there: %s', async (isThere) => {
    // Prepare
    hasRegistry = isThere;

    // Act
    const line = await saveTestEvents(client, 'my-function');

    // Assess
    expect(line).toBe('7 test events shared as _my-function-schema, 0 were there');
    expect(calls.at(-1)).toBe(CreateSchemaCommand);
    expect(JSON.parse(content!)).toMatchObject({ openapi: '3.0.0', components: { schemas: {} } });
    expect(Object.keys(examples())).toEqual(names);
    expect(examples().thousand).toEqual({ value: { count: 1_000 } });
  });

  it('does not touch what others share, also under one of its names', async () => {
    // Prepare
    hasRegistry = true;
    const theirs = { theirs: { value: [1], summary: 'x' }, million: { value: 'theirs' } };
    content = JSON.stringify({ info: 'theirs', components: { schemas: { A: {} }, examples: theirs } });

    // Act
    const line = await saveTestEvents(client, 'my-function');

    // Assess
    expect(line).toBe(
      '6 test events shared as _my-function-schema, 0 were there; others have their own million',
    );
    expect(calls.at(-1)).toBe(UpdateSchemaCommand);
    expect(JSON.parse(content)).toMatchObject({ info: 'theirs', components: { schemas: { A: {} } } });
    expect(examples()).toMatchObject(theirs);
    expect(Object.keys(examples())).toHaveLength(8);
  });

  it('writes nothing the second time', async () => {
    // Prepare
    await saveTestEvents(client, 'my-function');

    // Act
    const line = await saveTestEvents(client, 'my-function');

    // Assess
    expect(line).toBe('0 test events shared as _my-function-schema, 7 were there');
    expect(calls.at(-1)).toBe(DescribeSchemaCommand);
  });

  it.each(['null', '{', '{}', '{"components":{"examples":{"a":1}}}'])(
    'refuses the schema %s',
    async (found) => {
      content = found;

      await expect(saveTestEvents(client, 'my-function')).rejects.toThrow(
        /expected an OpenAPI document .* got/,
      );
    },
  );
});
