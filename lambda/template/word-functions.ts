import { base, en, Faker } from '@faker-js/faker';
import { RandomWords, type WordFunction } from './draw.ts';
import { ArgumentsError } from './errors.ts';
import { wordNames } from './word-names.ts';

/** Where faker takes its random numbers from: the block of the event and the expression. */
let source = new RandomWords();

const faker = new Faker({
  locale: [en, base],
  randomizer: {
    next: () => (source.next() * 2 ** 21 + (source.next() >>> 11)) / 2 ** 53,
    // The block is the seed.
    seed: () => {},
  },
});

const maxNumber = 1_000;

/** Functions whose numbers say something else. */
const isUnbounded = new Set(['commerce.price', 'finance.amount']);

/** Options that positional arguments of faker's older versions stand for. */
const positional: Readonly<Record<string, readonly string[]>> = {
  'commerce.price': ['min', 'max', 'dec', 'symbol'],
  'finance.amount': ['min', 'max', 'dec', 'symbol'],
  'finance.accountNumber': ['length'],
  'internet.password': ['length', 'memorable', 'pattern', 'prefix'],
  'location.latitude': ['max', 'min', 'precision'],
  'location.longitude': ['max', 'min', 'precision'],
  'word.words': ['count'],
};

/** A function of faker's, under KDG's name or today's; undefined if there is no usable one. */
export function findWordFunction(name: string): WordFunction | undefined {
  const nameOfToday = wordNames.get(name);
  if (nameOfToday === undefined) {
    return undefined;
  }
  const [module, method] = nameOfToday.split('.') as [keyof Faker, string];
  const functions = faker[module] as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
  return (args) => {
    if (!isUnbounded.has(nameOfToday) && numbersIn(args).some((number) => Math.abs(number) > maxNumber)) {
      throw new ArgumentsError(
        `wrong arguments of ${name}: expected numbers of at most ${maxNumber}, for example {{${name}}}`,
      );
    }
    const given = optionsOf(nameOfToday, args);
    const write = (random: RandomWords) => {
      source = random;
      return String(functions[method]!(...given));
    };
    try {
      write(new RandomWords());
    } catch (error) {
      throw new ArgumentsError(
        `wrong arguments of ${name}: ${(error as Error).message.split('\n')[0]} - expected what faker's ${nameOfToday} takes, ` +
          `for example {{${name}}}`,
      );
    }
    return write;
  };
}

/** The arguments as faker takes them today: several, or numbers, as one object with their names. */
function optionsOf(name: string, args: readonly unknown[]): readonly unknown[] {
  const names = positional[name];
  const [first] = args;
  if (names === undefined || first === undefined || (typeof first === 'object' && args.length === 1)) {
    return args;
  }
  return [Object.fromEntries(args.map((value, place) => [names[place], value]))];
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') {
    return [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
