/**
 * What a request may look like, as data: AWS's own service model (botocore `firehose/2015-08-04/service-2.json`) of the three
 * operations, and one function that holds a request against it and decodes its blobs.
 */

/** Most records in one PutRecordBatch. Source: API reference. */
export const MAX_RECORDS_PER_REQUEST = 500;

/** Largest data of one record, in bytes before base64: 1,000 KiB. Source: API reference. */
export const MAX_RECORD_BYTES = 1_024_000;

/**
 * Largest request, in bytes: 4 MiB. AWS does not say whether it counts before or after base64. Here the whole HTTP body
 * counts, the strictest reading there is, so that what passes here passes there. Source: API reference.
 */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

/** The error types of this Firehose, each with its HTTP status. Source: API reference, "Errors" and "Common Errors". */
export const HTTP_STATUS_BY_ERROR_TYPE = {
  InternalFailure: 500,
  InvalidArgumentException: 400,
  MissingAuthenticationTokenException: 400,
  ResourceNotFoundException: 400,
  SerializationException: 400,
  ServiceUnavailableException: 503,
  UnknownOperationException: 400,
  ValidationException: 400,
} as const;

/** The name of an error, as clients see it in `__type`. */
export type ErrorType = keyof typeof HTTP_STATUS_BY_ERROR_TYPE;

/** An answer that is an error. */
export class FirehoseError extends Error {
  override readonly name = 'FirehoseError';
  /** AWS's name of the error. */
  readonly type: ErrorType;

  constructor(type: ErrorType, message: string) {
    super(message);
    this.type = type;
  }
}

interface Constraints {
  /** Fewest characters, bytes (before base64) or members. */
  readonly min?: number;
  /** Most characters, bytes (before base64) or members. */
  readonly max?: number;
}

interface StringShape extends Constraints {
  readonly type: 'string';
  readonly pattern?: string;
}

interface BlobShape extends Constraints {
  readonly type: 'blob';
}

interface ListShape extends Constraints {
  readonly type: 'list';
  readonly member: Shape;
}

/** Every member is required: none of the optional members of the three operations has an effect here, so they are ignored. */
interface StructureShape {
  readonly type: 'structure';
  readonly name: string;
  readonly members: Readonly<Record<string, Shape>>;
}

type Shape = StringShape | BlobShape | ListShape | StructureShape;

const DELIVERY_STREAM_NAME = {
  type: 'string',
  min: 1,
  max: 64,
  pattern: '[a-zA-Z0-9_.-]+',
} as const satisfies StringShape;

const RECORD = {
  type: 'structure',
  name: 'Record',
  members: { Data: { type: 'blob', max: MAX_RECORD_BYTES } },
} as const satisfies StructureShape;

/** The input of each operation that this Firehose answers. */
export const OPERATIONS = {
  DescribeDeliveryStream: {
    type: 'structure',
    name: 'DescribeDeliveryStreamInput',
    members: { DeliveryStreamName: DELIVERY_STREAM_NAME },
  },
  PutRecord: {
    type: 'structure',
    name: 'PutRecordInput',
    members: { DeliveryStreamName: DELIVERY_STREAM_NAME, Record: RECORD },
  },
  PutRecordBatch: {
    type: 'structure',
    name: 'PutRecordBatchInput',
    members: {
      DeliveryStreamName: DELIVERY_STREAM_NAME,
      Records: { type: 'list', min: 1, max: MAX_RECORDS_PER_REQUEST, member: RECORD },
    },
  },
} as const satisfies Record<string, StructureShape>;

/** The name of an operation. */
export type Operation = keyof typeof OPERATIONS;

type Parsed<S> = S extends { type: 'string' }
  ? string
  : S extends { type: 'blob' }
    ? Buffer
    : S extends { type: 'list'; member: infer M }
      ? Parsed<M>[]
      : S extends { type: 'structure'; members: infer Ms }
        ? { readonly [K in keyof Ms]: Parsed<Ms[K]> }
        : never;

/** A request that holds every limit of its operation, its blobs decoded. */
export type Input<O extends Operation> = Parsed<(typeof OPERATIONS)[O]>;

/**
 * Holds a request against the model of its operation.
 *
 * @param json the parsed body.
 * @throws {FirehoseError} `SerializationException` for a value of the wrong type or data that is not base64,
 * `ValidationException` for values out of bounds: all of them in one message, worded as AWS words it. Only the value of a
 * list is shortened, of which AWS prints every member.
 */
export function parseInput<O extends Operation>(operation: O, json: unknown): Input<O> {
  const problems: string[] = [];
  const input = parseShape(OPERATIONS[operation], json, '', problems);
  if (problems.length > 0) {
    throw new FirehoseError(
      'ValidationException',
      `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected: ${problems.join('; ')}`,
    );
  }
  return input as Input<O>;
}

/** Says whether AWS would take this as the name of a delivery stream: 1 to 64 of `a-zA-Z0-9_.-`. */
export function isDeliveryStreamName(name: string): boolean {
  const problems: string[] = [];
  parseShape(DELIVERY_STREAM_NAME, name, 'deliveryStreamName', problems);
  return problems.length === 0;
}

function parseShape(shape: Shape, value: unknown, path: string, problems: string[]): unknown {
  switch (shape.type) {
    case 'string': {
      if (typeof value !== 'string') throw wrongType(value, 'string');
      checkLength(shape, value.length, value, path, problems);
      if (shape.pattern !== undefined && !new RegExp(`^(?:${shape.pattern})$`).test(value)) {
        problems.push(
          problem(value, path, `Member must satisfy regular expression pattern: ${shape.pattern}`),
        );
      }
      return value;
    }
    case 'blob': {
      if (typeof value !== 'string') throw wrongType(value, 'blob');
      const bytes = decodeBase64(value);
      checkLength(shape, bytes.length, bytes, path, problems);
      return bytes;
    }
    case 'list': {
      if (!Array.isArray(value)) throw wrongType(value, 'list');
      const members = value.map((member, index) =>
        parseMember(shape.member, member, `${path}.${index + 1}.member`, problems),
      );
      checkLength(shape, members.length, members, path, problems);
      return members;
    }
    case 'structure': {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw wrongType(value, 'structure');
      const members: Record<string, unknown> = {};
      for (const name in shape.members) {
        const memberPath = `${path === '' ? '' : `${path}.`}${name.charAt(0).toLowerCase()}${name.slice(1)}`;
        members[name] = parseMember(
          shape.members[name]!,
          (value as Record<string, unknown>)[name],
          memberPath,
          problems,
        );
      }
      return members;
    }
  }
}

function parseMember(shape: Shape, value: unknown, path: string, problems: string[]): unknown {
  if (value !== undefined && value !== null) return parseShape(shape, value, path, problems);
  problems.push(problem(null, path, 'Member must not be null'));
  return undefined;
}

function checkLength(
  { min, max }: Constraints,
  length: number,
  value: unknown,
  path: string,
  problems: string[],
): void {
  if (min !== undefined && length < min) {
    problems.push(problem(value, path, `Member must have length greater than or equal to ${min}`));
  }
  if (max !== undefined && length > max) {
    problems.push(problem(value, path, `Member must have length less than or equal to ${max}`));
  }
}

// Public reports of AWS's answers: osquery/osquery#3568, postmates/cernan#210.
function problem(value: unknown, path: string, constraint: string): string {
  const shown = value === null ? 'null' : `'${describe(value)}'`;
  return `Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`;
}

function describe(value: unknown): string {
  if (Buffer.isBuffer(value)) return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? '[]' : `[${value.length} records]`;
}

// Worded as Kinesis, which shares Firehose's front end, words it (aws/aws-sdk-php#650, kinesalite's validations).
function wrongType(value: unknown, expected: Shape['type']): FirehoseError {
  if (Array.isArray(value)) return serialization('Start of list found where not expected');
  if (typeof value === 'object' && value !== null) {
    return serialization('Start of structure or map found where not expected.');
  }
  if (expected === 'list') return serialization('Expected list or null');
  if (expected === 'structure') return serialization('Expected null');
  const javaClass = typeof value === 'number' ? 'java.math.BigDecimal' : 'java.lang.Boolean';
  return serialization(
    `class ${javaClass} can not be converted to ${expected === 'blob' ? 'a Blob' : 'an String'}`,
  );
}

function serialization(message: string): FirehoseError {
  return new FirehoseError('SerializationException', message);
}

/**
 * Decodes base64 as AWS does: the standard alphabet, padded, canonical, nothing skipped.
 *
 * `Buffer.from` skips what it does not know, and takes the URL-safe alphabet too. The checks here catch all of that without
 * reading the text again character by character: on a request of 1 MiB they cost a few percent of the decoding, a regular
 * expression six times the decoding.
 *
 * @throws {FirehoseError} `SerializationException`.
 */
export function decodeBase64(text: string): Buffer {
  if (text.length % 4 !== 0) {
    throw notBase64(
      text,
      `Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`,
    );
  }
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  // Whatever was skipped is missing from the length, as is everything after a padding that came too early.
  const complete = bytes.length === (text.length / 4) * 3 - padding;
  if (!complete || text.includes('-') || text.includes('_')) {
    const invalid = /[^A-Za-z0-9+/=]|=(?!=?$)/.exec(text)?.[0];
    throw notBase64(text, `Invalid Base64 character: '${invalid ?? '='}'`);
  }
  if (padding > 0 && bytes.toString('base64', bytes.length - 3 + padding) !== text.slice(-4)) {
    throw notBase64(text, 'Invalid last non-pad Base64 character detected');
  }
  return bytes;
}

function notBase64(text: string, reason: string): FirehoseError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return serialization(`'${shown}' can not be converted to a Blob: ${reason}`);
}
