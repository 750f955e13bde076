/** Limit of open brackets. */
const maxDepth = 100;

/** Limit of different states: choices of numbers, texts and `null` have up to five. */
const maxStates = 20;

/** State of the reader: open brackets, then the expected token. A number or word is `=` and its beginning, with `1` for digits. */
interface State {
  readonly open: string;
  readonly next: string;
}

/** A text that is not JSON after what was read before. */
export interface NotJson {
  readonly text: string;
  /** Offset of the first wrong character. */
  readonly at: number;
  /** If it is more than a wrong character. */
  readonly reason?: string;
}

/** Reads JSON of which some places have several possible texts, and so finds each combination that is not JSON. */
export class JsonReader {
  #states: readonly State[] = [{ open: '', next: 'value' }];

  /** Whether all possible texts are complete. */
  get isComplete(): boolean {
    return this.#states.every(({ open, next }) => open === '' && (next === 'end' || isWhole(next)));
  }

  /** Continues with each of some texts. @returns the first one that is not JSON here. */
  read(texts: readonly string[]): NotJson | undefined {
    const reached = new Map<string, State>();
    for (const text of texts) {
      for (const before of this.#states) {
        let state = before;
        for (let at = 0; at < text.length; at += 1) {
          const after = stepOf(state, text[at]!);
          if (after === undefined || after.open.length > maxDepth) {
            return { text, at, ...reasonOf(state, text[at]!, after) };
          }
          state = after;
        }
        reached.set(`${state.open} ${state.next}`, state);
      }
      if (reached.size > maxStates) {
        return {
          text,
          at: 0,
          reason: `more than ${maxStates} different beginnings of JSON: take fewer choices`,
        };
      }
    }
    this.#states = [...reached.values()];
    return undefined;
  }
}

function reasonOf({ next }: State, character: string, after: State | undefined): { reason?: string } {
  if (after !== undefined) {
    return { reason: `brackets nested deeper than ${maxDepth}: flatten them, or make them a string` };
  }
  return isString(next) && /[\r\n]/.test(character)
    ? { reason: 'a line break within a string of JSON: write it as \\n, or close the string before it' }
    : {};
}

const isString = (next: string) => next.startsWith('text') || next.startsWith('key');
const isWhole = (next: string) => /^=(?:.*[01]|true|false|null)$/.test(next);
const isBeginning =
  /^=(?:-?(?:[01](?:\.?|\.1(?:e[+-]?1?)?|e[+-]?1?))?|t|tr|tru|true|f|fa|fal|fals|false|n|nu|nul|null)$/;

function stepOf(state: State, character: string): State | undefined {
  const { open, next } = state;
  if ((next === 'text' || next === 'key') && character >= ' ' && character !== '"' && character !== '\\') {
    return state;
  }
  if (isString(next)) {
    const after = stringStep(next, character);
    return after === undefined ? undefined : { open, next: after };
  }
  const token = tokenStep(next, character);
  if (token !== undefined) {
    return { open, next: token };
  }
  const place = isWhole(next) ? 'end' : next;
  const bracket = open.at(-1);
  const step = `${place} ${character}`;
  if (/^(?:value|element|name|firstName|colon|end) [ \t\r\n]$/.test(step)) {
    return { open, next: place };
  }
  if (/^(?:value|element) [[{]$/.test(step)) {
    return { open: open + character, next: character === '{' ? 'firstName' : 'element' };
  }
  if (
    (bracket === '{' && /^(?:firstName|end) }$/.test(step)) ||
    (bracket === '[' && /^(?:element|end) ]$/.test(step))
  ) {
    return { open: open.slice(0, -1), next: 'end' };
  }
  if (step === 'end ,' && bracket !== undefined) {
    return { open, next: bracket === '{' ? 'name' : 'value' };
  }
  const after = {
    'colon :': 'value',
    'value "': 'text',
    'element "': 'text',
    'name "': 'key',
    'firstName "': 'key',
  };
  return step in after ? { open, next: after[step as keyof typeof after] } : undefined;
}

/** State inside a string: `text` or `key`; inside an escape, also a backslash and the number of hex digits. */
function stringStep(next: string, character: string): string | undefined {
  const [string = '', digits] = next.split('\\');
  if (digits === undefined) {
    const end = string === 'text' ? 'end' : 'colon';
    return character === '"' ? end : character === '\\' ? `${string}\\` : undefined;
  }
  if (digits === '') {
    return character === 'u' ? `${string}\\4` : '"\\/bfnrt'.includes(character) ? string : undefined;
  }
  const left = Number(digits) - 1;
  return !/[0-9a-fA-F]/.test(character) ? undefined : left === 0 ? string : `${string}\\${left}`;
}

function tokenStep(next: string, character: string): string | undefined {
  const before = next === 'value' || next === 'element' ? '=' : next;
  if (before[0] !== '=') {
    return undefined;
  }
  const isDigit = character >= '0' && character <= '9';
  if (isDigit && before.endsWith('1')) {
    return before;
  }
  const digit = character === '0' && /^=-?$/.test(before) ? '0' : '1';
  const after = before + (isDigit ? digit : character === 'E' ? 'e' : character);
  return isBeginning.test(after) ? after : undefined;
}
