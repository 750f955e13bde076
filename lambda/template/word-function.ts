import type { RandomWords } from './draw.ts';

/**
 * A function of templates that takes words from lists.
 *
 * @param args Its arguments.
 * @returns What makes its text of random words.
 * @throws ArgumentsError if the arguments don't fit.
 */
export type WordFunction = (args: readonly unknown[]) => (random: RandomWords) => string;
