export interface TemplateProblem {
  /** Place in the template, from 0. */
  readonly offset: number;
  /** The problem, what was expected, and an example, on one line. */
  readonly message: string;
}

/** A template cannot be used. The message has a line for each problem: `line:column what is wrong`. */
export class InvalidTemplateError extends Error {
  override readonly name = 'InvalidTemplateError';

  constructor(source: string, problems: readonly TemplateProblem[]) {
    const lines = problems.map(
      ({ offset, message }) => `${lineAndColumn(source, offset)} ${visible(message)}`,
    );
    super(lines.join('\n'));
  }
}

/** The arguments of a function don't fit; the message says what was expected, with an example. */
export class ArgumentsError extends Error {
  override readonly name = 'ArgumentsError';
}

/** Escapes characters that break a line, move the cursor or cannot be seen: messages quote templates. */
function visible(message: string): string {
  const escaped = (character: string) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  return message.replace(/(?!\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escaped);
}

/** `line:column` of an offset, both from 1, as editors count them. */
function lineAndColumn(source: string, offset: number): string {
  const before = source.slice(0, offset).split('\n');
  return `${before.length}:${before.at(-1)!.length + 1}`;
}
