import { createRandom } from '../../../lib/emulator/random.ts';

/** Expressions of all kinds: of constant and of varying size, with and without the time. */
const expressions = [
  'index',
  'run',
  'sequence({"start":-5,"step":3})',
  'wave({"period":10})',
  'random.number(100000)',
  'random.number({"min":-1,"max":1,"precision":0.01})',
  'datatype.boolean',
  'random.arrayElement(["a","","a much longer text, with é"])',
  'random.weightedArrayElement({"weights":[0.9,0.1],"data":["OK","FAIL"]})',
  'string.alphanumeric(12)',
  'internet.ip',
  'date.now',
  'date.utc("YYYY-MM-DD HH:mm:ss")',
  'date.utc("H:m")',
  'date.iso',
  'date.epoch("ms")',
];

/** A template from a seed: JSON or text, of up to six fields, with the UUID anywhere among them. */
export function randomTemplate(seed: number): string {
  const random = createRandom(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const fields = Array.from({ length: pick(7) }, () => expressions[pick(expressions.length)]!);
  fields.splice(pick(fields.length + 1), 0, 'random.uuid');
  return random() < 0.5
    ? `{${fields.map((field, place) => `"f${place}":"{{${field}}}"`).join(',')}}`
    : fields.map((field) => `{{${field}}}`).join(['|', ', ', ' '][pick(3)]);
}
