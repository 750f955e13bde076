import { templateFunctions } from '../../../lambda/template/functions.ts';
import { wordNames } from '../../../lambda/template/word-names.ts';
import { createRandom } from '../../../lib/emulator/random.ts';

/** What a place of an event's JSON may hold: names of types, or the shapes of its elements. */
export type Shape = string | readonly Shape[];

export interface FuzzedTemplate {
  readonly source: string;
  /** Whether nothing in it can be wrong: then a refusal is a fault. */
  readonly isValid: boolean;
  /** The shape of each event, if it is JSON and was not broken. */
  readonly shape: Shape | undefined;
}

/**
 * The rules of the grammar. `<rule>` stands for one of the alternatives of a rule, `<rule*9>` for up to nine of them. A template with an
 * alternative that begins with `?` may be refused. A value begins with the types that it may have in JSON.
 */
const rules = parse(String.raw`
identity = <id> ¦ <id> ¦ <id> ¦ urn:uuid:<id> ¦ 😀 <id>.z ¦ ?<beside><id><beside>
id = {{random.uuid}} ¦ {{<_>string.uuid<_>}} ¦ {{datatype.uuid()}}
beside = <nothing> ¦ 00000000-0000-4000-8000-000000000000 ¦ 5f0c8e3a-7d1b-4c2a-9e6f- ¦ a ¦ - ¦ {{string.hexadecimal({"length":9,"prefix":""})}}
_ = <nothing> ¦ <nothing> ¦ <nothing> ¦ <blank> ¦ <break><blank>
value = number@{{<_><number><_>}} ¦ number@{{<number>}} ¦ boolean@{{random.boolean}} ¦ string@"<text>" ¦ string@"<text><text>" ¦ string@"<text><text><text>" ¦ <json>
json = null@null ¦ number@-1.5e3 ¦ number|string@{{random.arrayElement([1,"\"a\""])}} ¦ array|object|null@{{random.arrayElement([[1,{"b":[]}],null,{}])}} ¦ boolean|number@{{helpers.weightedArrayElement([{"weight":1e-300,"value":true},{"value":-2.5e3,"weight":1}])}}
number = <grid>({"min":-<n>,"max":<n>,"<precision>":<step>}) ¦ number.float({"min":-<n>,"max":<n>,"fractionDigits":<digit>}) ¦ <grid><_>(<_><n><_>) ¦ number.float ¦ number.float({"min":-1e-7,"max":1e300}) ¦ <countable> ¦ <clock>
grid = random.number ¦ number.int ¦ number.float ¦ random.float ¦ random.number.float ¦ datatype.number
precision = precision ¦ multipleOf
n = 0 ¦ 1 ¦ 9 ¦ 10 ¦ 100 ¦ 99999
step = 1 ¦ 0.1 ¦ 0.25 ¦ 0.001
digit = 0 ¦ 1 ¦ 2 ¦ 3 ¦ 4 ¦ 5 ¦ 6 ¦ 7
countable = index ¦ sequence ¦ sequence(5) ¦ sequence({"start":-9007199254740991,"step":9007199254740991}) ¦ wave(7) ¦ wave({"period":0.5,"min":-<n>,"max":<n>}) ¦ random.number ¦ random.number(9007199254740990) ¦ commerce.price ¦ finance.amount(0,<n>,<digit>) ¦ address.latitude ¦ internet.port
clock = date.epoch ¦ date.epoch("ms") ¦ date.utc("x") ¦ date.now("X") ¦ date.now("YYYYMMDDHHmmssSSS")
text = <fixed> ¦ <fixed> ¦ {{<word>}} ¦ {{<example>}} ¦ {{<number>}} ¦ {{<characters>(<length>)}} ¦ <choice> ¦ {{<date>("<format>")}} ¦ {{<date>("<format>")}}
fixed = a ¦ 0 ¦ é漢😀 ¦ <separator> ¦ }}<blank> ¦ {<blank> ¦ it's ¦ #%$& ¦ - ¦ \u00e9 ¦ \"
choice = {{random.arrayElement(["<chosen>","<chosen>"])}} ¦ {{random.weightedArrayElement({"weights":[<weight>,<weight>,1],"data":["<chosen>",7,"<chosen>"]})}}
chosen = a ¦ <nothing> ¦ é漢😀 ¦ \\\" ¦ \\\\ ¦ \\u2028 ¦ }} ¦ ((
weight = 0 ¦ 1 ¦ 1e-9 ¦ 1e-300
characters = string.alpha ¦ random.alphaNumeric ¦ string.hexadecimal ¦ string.numeric
length = 1 ¦ 2 ¦ 6 ¦ 7 ¦ 36
date = date.utc ¦ date.now
format = YYYY-MM-DD HH:mm:ss ¦ YYYY-MM-DDTHH:mm:ss.SSSZ ¦ DD/MMM/YYYY:HH:mm:ss ZZ ¦ LLLL ¦ H ¦ ?<token><token*7> ¦ ?<token> <token> <token*7>
token = YYYY ¦ YY ¦ M ¦ MM ¦ MMM ¦ MMMM ¦ Mo ¦ D ¦ DD ¦ Do ¦ DDD ¦ DDDD ¦ d ¦ ddd ¦ dddd ¦ E ¦ w ¦ ww ¦ W ¦ WW ¦ gggg ¦ GGGG ¦ Q ¦ H ¦ HH ¦ h ¦ hh ¦ k ¦ kk ¦ a ¦ A ¦ m ¦ mm ¦ s ¦ ss ¦ S ¦ SS ¦ SSS ¦ SSSSSS ¦ Z ¦ ZZ ¦ X ¦ x ¦ L ¦ LL ¦ LTS ¦ l ¦ [T] ¦ [é1] ¦ - ¦ / ¦ : ¦ . ¦ T
splice = {{ ¦ }} ¦ { ¦ } ¦ " ¦ , ¦ : ¦ \ ¦ ( ¦ ) ¦ [ ¦ ] ¦ <break> ¦ <special> ¦ {{random.uuid}} ¦ {{index}} ¦ {{name.firstName}} ¦ {{date.past}} ¦ {{random.number("x")}} ¦ {{lorem.paragraphs}} ¦ {{date.utc("SSS")}} ¦ <hostile>
hostile = <call> ¦ "<call>" ¦ "<call> <call>" ¦ "<call>","b":<call> ¦ "<blank*200000>" ¦ 1<break*90000> ¦ "<a*200000>" ¦ "<again*1005>" ¦ <open*120>1<close*120> ¦ <nested> ¦ {{random.arrayElement([<one*90000>1])}} ¦ {{random.arrayElement(<open*24>1<close*24>)}} ¦ <huge> ¦ "{{<words>(<length>)}}" ¦ "{{<date>("<token*60>")}}{{<date>("<token*9>")}}" ¦ "<beside*40>" ¦ "{{<a*90000>}}"
call = {{<name>(<argument>)}} ¦ {{<name>(<argument>)}} ¦ {{<name>(<argument>,<argument>)}} ¦ {{<name>(<argument>,<argument>,<argument>)}}
name = <word> ¦ <known> ¦ <known> ¦ __proto__ ¦ constructor ¦ toString ¦ random ¦ random.uuid.x ¦ date.past ¦ faker.seed ¦ é.é ¦ random.
argument = -0 ¦ 0 ¦ -1 ¦ 0.1 ¦ 1e308 ¦ -1e308 ¦ 1e-320 ¦ 1e999 ¦ 9007199254740991 ¦ 9007199254740993 ¦ <bound> ¦ null ¦ true ¦ "" ¦ "a" ¦ "constructor" ¦ "\ud800" ¦ "\n" ¦ "\u2028" ¦ "\"}}" ¦ "((" ¦ [] ¦ [[]] ¦ {} ¦ {"__proto__":1} ¦ {"constructor":1} ¦ {"min":1} ¦ {"min":2,"max":1} ¦ {"max":"4294968000"} ¦ {"length":null} ¦ {"min":-9007199254740991,"max":9007199254740991} ¦ {"max":1,"precision":1e-15} ¦ {"min":0.1,"max":0.3,"precision":0.1} ¦ {"start":9007199254740991,"step":9007199254740991} ¦ {"period":1e-9} ¦ {"period":1e300} ¦ {"weights":[1e-300,1],"data":["\"","a"]} ¦ {"weights":[1e-9,1],"data":["\n","a"]} ¦ {"weights":[1e308,1e308],"data":[1,2]} ¦ ["\"","a"] ¦ ["\\","a"] ¦ ["{","}"] ¦ ["1","01"] ¦ ["a\r"] ¦ [{"a":[1,"\u0000"]}]
bound = 1 ¦ 100 ¦ 1000 ¦ 1001 ¦ 10000 ¦ 10001
words = lorem.words ¦ lorem.sentence ¦ lorem.paragraphs ¦ lorem.lines ¦ random.words
huge = <again*9> ¦ <again*9> ¦ <again*9> ¦ <again*9> ¦ <again*9> ¦ <again*9> ¦ <again*9> ¦ "{{string.alphanumeric(10000)}}" ¦ "<long*101>" ¦ "<runs*1000>" ¦ "{{<words>(<bound>)}}"
again = {{index}} ¦ {{index}} ¦ {{<example>}} ¦ {{lorem.word}},
runs = {{run}}
nested = [[<nested>]] ¦ [<nested>] ¦ [[[[<nested>]]]] ¦ {"a":<nested>} ¦ [[[[[[[[[[<nested>]]]]]]]]]] ¦ 1
open = [
close = ]
one = 1,
a = a
long = {{string.alphanumeric(10000)}}
separator = , ¦ ; ¦ <blank>| ¦ <blank>
`);
const lists: Readonly<Record<string, readonly string[]>> = {
  nothing: [''],
  blank: [' '],
  break: ['\n', '\r\n', '\n\t'],
  special: ['\t', '\r', '\ufeff', '\ud800', '\u0000', '\u2028', '\u0085', '\u001b[2J', '\u00a0'],
  word: [...wordNames.keys()],
  known: Object.keys(templateFunctions),
  example: Object.values(templateFunctions)
    .map(({ example }) => example)
    .filter((example) => example !== 'random.uuid'),
};

function parse(text: string): Readonly<Record<string, readonly string[]>> {
  const rows = text.trim().split('\n');
  return Object.fromEntries(
    rows.map((row) => [row.split(' = ', 1)[0]!, row.slice(row.indexOf(' = ') + 3).split(' ¦ ')]),
  );
}

/** Makes a template from a seed: in half of all cases a valid one, else a broken or a hostile one. */
export function fuzzedTemplate(seed: number): FuzzedTemplate {
  const random = createRandom(seed);
  const int = (count: number) => Math.floor(random() * count);
  let isValid = true;

  const make = (rule: string): string => {
    const alternatives = lists[rule] ?? rules[rule]!;
    const chosen = alternatives[int(alternatives.length)]!;
    const isUnsure = chosen.length > 1 && chosen[0] === '?';
    isValid &&= !isUnsure;
    return chosen
      .slice(Number(isUnsure))
      .replace(/<(\w+)(?:\*(\d+))?>/g, (_, name: string, most?: string) => {
        // Few are as many as they may be.
        const count = most === undefined ? 1 : int(Number(most) ** random() + 1);
        return Array.from({ length: count }, () => make(name)).join('');
      });
  };

  const joined = (some: readonly { source: string; shape: Shape }[], isArray: boolean) => {
    const blank = make('_');
    const inside = some.map(({ source }) => blank + source).join(`${blank},`) + blank;
    return { source: isArray ? `[${inside}]` : `{${inside}}`, shape: some.map(({ shape }) => shape) };
  };
  const field = (place: number, depth: number, isArray: boolean): { source: string; shape: Shape } => {
    const isNested = depth > 0 && int(6) === 0;
    const [shape = '', ...rest] = isNested ? [] : make('value').split('@');
    const value = isNested ? json(depth - 1) : { source: rest.join('@'), shape };
    const key = ['f', 'é', 'a b', '__proto__', 'k{{index}}-'][int(5)];
    return { ...value, source: isArray ? value.source : `"${key}${place}":${make('_')}${value.source}` };
  };
  const json = (depth: number, id?: string): { source: string; shape: Shape } => {
    const isArray = int(4) === 0;
    const some = Array.from({ length: int(6) }, (_, place) => field(place, depth, isArray));
    if (id !== undefined) {
      const source = isArray ? `"${id}"` : int(2) === 0 ? `"id":"${id}"` : `"${id}":""`;
      some.splice(int(some.length + 1), 0, { source, shape: 'string' });
    }
    return joined(some, isArray);
  };

  const id = make('identity');
  const kind = int(8);
  if (kind < 2) {
    const value = make('hostile');
    const source = [
      `{"id":"${id}","a":${value}}`,
      `[${value},"${id}"]`,
      `${value} ${id}`,
      `\ufeff${id} ${value}`,
    ][int(4)]!;
    return { source, isValid: false, shape: undefined };
  }
  const separator = make('separator');
  const { source, shape } =
    int(3) > 0
      ? json(2, id)
      : {
          source: ['v1', make('text'), id, make('text'), 'x="', make('text'), 'end'].join(separator),
          shape: undefined,
        };
  if (kind > 3) {
    return { source, isValid, shape };
  }
  const broken = Array.from({ length: 1 + int(3) }, () => int(source.length)).reduce(
    (text, place) => text.slice(0, place) + [make('splice'), ''][int(2)] + text.slice(place + int(5)),
    source,
  );
  return { source: broken, isValid: false, shape: undefined };
}
