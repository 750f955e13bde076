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

/** Largest number of words or characters. */
const maxCount = 1_000;

/** Types of arguments: their names in messages, an example, and what fits. All others are the values of a choice. */
const types: Readonly<Record<string, readonly [string, unknown, (value: unknown) => boolean]>> = {
  count: [`0 to ${maxCount}`, 3, isCount],
  range: [`0 to ${maxCount} or {"min","max"}`, 3, (value) => isCount(value) || isRange(value)],
  number: ['number', 1, (value) => Number.isFinite(value)],
  text: ['text', 'a', (value) => typeof value === 'string' && value.length <= maxCount],
  flag: ['true or false', true, (value) => typeof value === 'boolean'],
};

/**
 * Arguments of faker's functions, in the order of its older versions; the others have none. After `*`, today's versions take them in this
 * order, too, and not by name.
 */
const parameters = `
airline.flightNumber: length=range addLeadingZeros=flag
airline.recordLocator: allowNumerics=flag allowVisuallySimilarCharacters=flag
airline.seat: aircraftType=narrowbody|regional|widebody
color.rgb: prefix=text casing=lower|upper|mixed format=hex|css|binary|decimal includeAlpha=flag
commerce.isbn: variant=10|13 separator=text
commerce.price: min=number max=number dec=count symbol=text
date.month date.weekday: abbreviated=flag context=flag
finance.accountNumber finance.pin git.commitSha: length=count
finance.amount: min=number max=number dec=count symbol=text autoFormat=flag
finance.bic: includeBranchCode=flag
finance.bitcoinAddress: type=legacy|segwit|bech32|taproot network=mainnet|testnet
finance.creditCardNumber: issuer=text
finance.iban: formatted=flag countryCode=text
image.url: width=count height=count
image.urlPicsumPhotos: width=count height=count grayscale=flag blur=count
internet.email: firstName=text lastName=text provider=text allowSpecialCharacters=flag
internet.exampleEmail: firstName=text lastName=text allowSpecialCharacters=flag
internet.password: length=count memorable=flag
internet.url: protocol=http|https appendSlash=flag
internet.username internet.displayName: firstName=text lastName=text
location.countryCode: variant=alpha-2|alpha-3|numeric
location.latitude location.longitude: max=number min=number precision=number
location.state location.direction location.cardinalDirection location.ordinalDirection: abbreviated=flag
location.streetAddress: useFullAddress=flag
location.zipCode: format=text state=text
lorem.lines lorem.paragraph lorem.sentence lorem.slug lorem.words*: count=range
lorem.paragraphs lorem.sentences*: count=range separator=text
lorem.word word.adjective word.adverb word.conjunction word.interjection: length=range strategy=closest|shortest|longest|any-length
word.noun word.preposition word.sample word.verb: length=range strategy=closest|shortest|longest|any-length
person.firstName person.lastName person.middleName person.prefix*: sex=female|male|generic
person.fullName: firstName=text lastName=text sex=female|male|generic
person.sexType: includeGeneric=flag
phone.number: format=text style=human|national|international|mobile
system.commonFileName*: extension=text
system.cron: includeYear=flag includeNonStandard=flag
system.fileExt*: mimeType=text
system.fileName: extensionCount=range
word.words: count=range
`;

/** Options that had another name. */
const renamed: Readonly<Record<string, string>> = { abbr: 'abbreviated' };

/** A function of faker's, under KDG's name or today's; undefined if there is no usable one. */
export function findWordFunction(name: string): WordFunction | undefined {
  const nameOfToday = wordNames.get(name);
  if (nameOfToday === undefined) {
    return undefined;
  }
  const [module, method] = nameOfToday.split('.') as [keyof Faker, string];
  const functions = faker[module] as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
  return (args) => {
    const { byName, given } = wordArguments(
      name,
      nameOfToday,
      name === 'address.stateAbbr' ? [...args, true] : args,
    );
    const { format } = byName;
    const write = (random: RandomWords) => {
      source = random;
      return nameOfToday === 'phone.number' && typeof format === 'string'
        ? format.replace(/[#!]/g, (mark) => `${faker.number.int({ min: mark === '!' ? 2 : 0, max: 9 })}`)
        : String(functions[method]!(...given));
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

/** The arguments by name, and as faker takes them today. @throws ArgumentsError if they don't fit. */
function wordArguments(name: string, nameOfToday: string, args: readonly unknown[]) {
  const rows = parameters.split('\n').map((row) => row.split(': '));
  const [functions = '', list] = rows.find(([names]) => names!.split(/[ *]/).includes(nameOfToday)) ?? [];
  const known = (list?.split(' ') ?? []).map((parameter) => {
    const [key = '', type = ''] = parameter.split('=');
    return { key, type: types[type] ?? choiceOf(type) };
  });
  const [first] = args;
  const isByName =
    args.length === 1 && typeof first === 'object' && first !== null && !known[0]?.type[2](first);
  const entries = isByName
    ? Object.entries(first).map(([key, value]) => [renamed[key] ?? key, value] as const)
    : args.map((value, place) => [known[place]?.key ?? '', value] as const);
  if (!entries.every(([key, value]) => known.find((parameter) => parameter.key === key)?.type[2](value))) {
    throw new ArgumentsError(`wrong arguments of ${name}: expected ${expectedOf(nameOfToday, known)}`);
  }
  const byName = Object.fromEntries(entries);
  const inOrder = known.map(({ key }) => byName[key]);
  return { byName, given: functions.endsWith('*') ? inOrder : entries.length > 0 ? [byName] : [] };
}

function expectedOf(name: string, known: readonly { key: string; type: (typeof types)[string] }[]): string {
  const [parameter] = known;
  const all = known.map(({ key, type }) => `${key} (${type[0]})`).join(', ');
  return parameter
    ? `${all}, in this order or by name, for example {{${name}(${JSON.stringify({ [parameter.key]: parameter.type[1] })})}}`
    : `no arguments, for example {{${name}}}`;
}

function choiceOf(type: string): (typeof types)[string] {
  const values = type.split('|').map((value) => (/^\d+$/.test(value) ? Number(value) : value));
  return [values.join(' or '), values[0], (value) => values.includes(value as string)];
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maxCount;
}

function isRange(value: unknown): boolean {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && Object.keys(value).sort().join() === 'max,min' && Object.values(value).every(isCount);
}
