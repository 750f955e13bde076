import { type Node, type NodeType, parseTree } from 'jsonc-parser';
import { type ColumnType, idColumn, lineColumn, type PlacedColumn, TableError } from './column.ts';
import { partitionColumn } from './layout.ts';
import type { PlacedPart, Skeleton, Stretch } from './skeleton.ts';

/** Limit of the nesting of objects: `a.b.c` is the column `a_b_c`. */
const maxDepth = 3;

/** @see https://docs.aws.amazon.com/glue/latest/webapi/API_Column.html */
const maxNameLength = 255;

/** Column of the value whose key is the UUID. */
const valueColumn = 'value';

/**
 * Makes a column for each field of JSON events. Names of nested fields are joined with `_`; a list is one column.
 *
 * @throws TableError with the field and a remedy.
 */
export function jsonColumns(skeleton: Skeleton): PlacedColumn[] {
  const root = parseTree(skeleton.text);
  if (root?.type !== 'object' || !root.children?.length) {
    throw new TableError('the event is not a JSON object with fields: write it as {"name": value, …}');
  }
  const columns = columnsOf(root, [], skeleton);
  const places = new Map<string, string>([
    [lineColumn, 'the whole line'],
    [partitionColumn, 'the partition'],
  ]);
  for (const { name, path } of columns) {
    const other = places.get(name);
    if (other !== undefined) {
      throw new TableError(
        `the column ${name} would be both ${other} and the field ${path}: rename the field`,
      );
    }
    places.set(name, `the field ${path}`);
  }
  return columns.map(({ path: _, ...column }) => column);
}

interface FieldColumn extends PlacedColumn {
  /** Path of the field in the template. */
  readonly path: string;
}

function columnsOf(object: Node, path: readonly string[], skeleton: Skeleton): FieldColumn[] {
  if (path.length > maxDepth) {
    throw new TableError(
      `the field ${path.join('.')} is nested too deep for columns, expected at most ${maxDepth} levels: ` +
        'flatten it, or make it a string',
    );
  }
  return (object.children ?? []).flatMap((property) => {
    const [key, value] = property.children as [Node, Node];
    const nameStretch = innerOf(key);
    if (onlyExpression(nameStretch, skeleton)?.part.isUuid) {
      return [
        { name: idColumn, path: '{{random.uuid}}', type: 'string', ...nameStretch },
        ...valueColumns(value, [...path, valueColumn], skeleton),
      ];
    }
    const expression = skeleton.parts.find(
      ({ part, from, to }) => !part.isText && from >= nameStretch.from && to <= nameStretch.to,
    );
    if (expression) {
      throw new TableError(
        `the name of a field has {{${expression.part.source}}} in it: a column needs the same name in every event`,
      );
    }
    return valueColumns(value, [...path, String(key.value)], skeleton);
  });
}

function valueColumns(value: Node, path: readonly string[], skeleton: Skeleton): FieldColumn[] {
  if (value.type === 'object' && value.children?.length) {
    return columnsOf(value, path, skeleton);
  }
  const isString = value.type === 'string';
  const stretch = isString ? innerOf(value) : { from: value.offset, to: value.offset + value.length };
  const only = onlyExpression(stretch, skeleton);
  const type = isString ? stringType(only) : bareType(value.type, only);
  return [{ name: nameOf(path), path: path.join('.'), type, ...stretch }];
}

function innerOf({ offset, length }: Node): Stretch {
  return { from: offset + 1, to: offset + length - 1 };
}

function nameOf(path: readonly string[]): string {
  const name = path
    .join('_')
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_');
  if (name === '' || name.length > maxNameLength) {
    throw new TableError(
      `a field's name has ${name.length} characters, expected 1 to ${maxNameLength}: rename ${path.join('.').slice(0, 60)}`,
    );
  }
  return name;
}

/** The expression that fills a stretch alone. */
function onlyExpression({ from, to }: Stretch, { parts }: Skeleton): PlacedPart | undefined {
  return parts.find((placed) => !placed.part.isText && placed.from === from && placed.to === to);
}

/**
 * Type of a string. Hive reads only `2026-11-22 01:02:03.456` as a timestamp: ISO 8601 with `T` and `Z` stays a string.
 *
 * @see https://docs.aws.amazon.com/athena/latest/ug/data-types.html
 */
function stringType(time: PlacedPart | undefined): ColumnType {
  const [sample = ''] = time?.part.timeFormat ? time.samples : [];
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})?$/.test(sample)) {
    return 'timestamp';
  }
  return /^\d{4}-\d\d-\d\d$/.test(sample) ? 'date' : 'string';
}

/** Type of a value without quotes. */
function bareType(type: NodeType, only: PlacedPart | undefined): ColumnType {
  if (!only) {
    return type === 'number' ? 'double' : type === 'boolean' ? 'boolean' : 'string';
  }
  const samples = [...only.samples];
  if (only.isMixed) {
    return 'string';
  }
  if (samples.every((text) => /^(true|false)$/.test(text))) {
    return 'boolean';
  }
  if (samples.every((text) => /^-?\d+$/.test(text))) {
    return 'bigint';
  }
  return samples.every((text) => Number.isFinite(Number(text))) ? 'double' : 'string';
}
