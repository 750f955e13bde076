import { compileTemplate } from '../../lambda/template/compile.ts';

import { findWordFunction } from '../../lambda/template/word-functions.ts';

/** The stream and the run of these tests. */
export const [stream, run] = ['my-stream', 'run-1'];

/** The time of these tests. */
export const timeMs = Date.UTC(2026, 10, 22, 1, 2, 3, 456);

/** The UUID of an event of these tests: what it is doesn't matter to the template. */
export function uuidOf(index: number): Buffer {
  const uuid = Buffer.alloc(16);
  uuid.writeBigUInt64BE(BigInt(index), 8);
  uuid[6] = 0x40;
  uuid[8] = 0x80;
  return uuid;
}

/** The text of one expression in an event. */
export function valueOfExpression(
  expression: string,
  { index = 0, isJson = false, runId = run } = {},
): string {
  const source = isJson ? `{"id":"{{random.uuid}}","value":${expression}}` : `{{random.uuid}}${expression}`;
  const template = compileTemplate(source, { findWordFunction });
  const pieces = template.startRun(stream, runId).pieces(index, uuidOf(index), timeMs);
  return pieces.slice(isJson ? 3 : 1, isJson ? -1 : undefined).join('');
}

/** The events of a slice, without their `\n`. */
export function eventsOf(source: string, from: number, to: number, runId = run): string[] {
  const uuids = Buffer.concat(Array.from({ length: to - from }, (_, place) => uuidOf(from + place)));
  const target = Buffer.alloc(1_000_000);
  const ends: number[] = [];
  compileTemplate(source, { findWordFunction })
    .startRun(stream, runId)
    .write(target, 0, ends, from, uuids, timeMs);
  return target.toString('utf8', 0, ends.at(-1)).split('\n').slice(0, -1);
}
