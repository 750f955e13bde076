/** Functions of faker that depend on nothing but random numbers, by their names of today. */
const today: Readonly<Record<string, string>> = {
  airline: 'recordLocator seat aircraftType flightNumber',
  animal: 'dog cat snake bear lion cetacean horse bird cow fish crocodilia insect rabbit rodent type petName',
  book: 'author format genre publisher series title',
  color: 'human space rgb',
  commerce: 'department productName price productAdjective productMaterial product productDescription isbn',
  company:
    'name catchPhrase buzzPhrase catchPhraseAdjective catchPhraseDescriptor catchPhraseNoun buzzAdjective buzzVerb buzzNoun',
  database: 'column type collation engine mongodbObjectId',
  date: 'month weekday timeZone',
  finance:
    'accountNumber accountName routingNumber amount transactionType currencyCode currencyName currencySymbol ' +
    'bitcoinAddress litecoinAddress ethereumAddress creditCardNumber creditCardCVV creditCardIssuer pin iban bic',
  food: 'adjective description dish ethnicCategory fruit ingredient meat spice vegetable',
  git: 'branch commitMessage commitSha',
  hacker: 'abbreviation adjective noun verb ingverb phrase',
  image: 'avatar url urlPicsumPhotos',
  internet:
    'email exampleEmail username displayName protocol httpMethod httpStatusCode url domainName domainSuffix ' +
    'domainWord userAgent password emoji',
  location:
    'zipCode city buildingNumber street streetAddress secondaryAddress county country continent countryCode state ' +
    'direction cardinalDirection ordinalDirection timeZone latitude longitude',
  lorem: 'word words sentence slug sentences paragraph paragraphs text lines',
  music: 'album artist genre songName',
  person:
    'firstName lastName middleName fullName gender sex sexType bio prefix suffix jobTitle jobDescriptor jobArea ' +
    'jobType zodiacSign',
  phone: 'number imei',
  system:
    'fileName commonFileName mimeType commonFileType commonFileExt fileType fileExt directoryPath filePath semver ' +
    'networkInterface cron',
  vehicle: 'vehicle manufacturer model type fuel vin color vrm bicycle',
  word: 'adjective adverb conjunction interjection noun preposition verb sample words',
};

/** Modules that had another name, and the functions that KDG has of them. */
const older: Readonly<Record<string, readonly [today: string, functions: string]>> = {
  address: [
    'location',
    'buildingNumber cardinalDirection city country countryCode county direction latitude ' +
      'longitude ordinalDirection secondaryAddress state streetAddress timeZone zipCode',
  ],
  name: [
    'person',
    'firstName fullName jobArea jobDescriptor jobTitle jobType lastName middleName prefix ' + 'suffix',
  ],
};

/** Functions that KDG and its faker named otherwise. */
const kdg: Readonly<Record<string, string>> = {
  'address.cityName': 'location.city',
  'address.stateAbbr': 'location.state',
  'address.streetName': 'location.street',
  'commerce.color': 'color.human',
  'company.bs': 'company.buzzPhrase',
  'company.bsAdjective': 'company.buzzAdjective',
  'company.bsBuzz': 'company.buzzVerb',
  'company.bsNoun': 'company.buzzNoun',
  'company.companyName': 'company.name',
  'finance.account': 'finance.accountNumber',
  'image.image': 'image.url',
  'image.imageUrl': 'image.url',
  'internet.avatar': 'image.avatar',
  'internet.color': 'color.rgb',
  'internet.userName': 'internet.username',
  'name.findName': 'person.fullName',
  'name.gender': 'person.sex',
  'name.title': 'person.jobTitle',
  'phone.phoneNumber': 'phone.number',
  'random.image': 'image.url',
  'random.word': 'word.sample',
  'random.words': 'word.words',
  'vehicle.vehicleType': 'vehicle.type',
};

/** Functions that need word lists: each name that a template may use, and faker's name of today. */
export const wordNames: ReadonlyMap<string, string> = new Map([
  ...Object.entries(today).flatMap(([module, functions]) => namesIn(module, functions)),
  ...Object.entries(older).flatMap(([module, [moduleOfToday, functions]]) =>
    namesIn(module, functions, moduleOfToday),
  ),
  ...Object.entries(kdg),
]);

function namesIn(module: string, functions: string, moduleOfToday = module): [string, string][] {
  return functions.split(' ').map((name) => [`${module}.${name}`, `${moduleOfToday}.${name}`]);
}

/** Functions of KDG that faker no longer has, and the nearest calls. */
const nearest: readonly (readonly [RegExp, string])[] = [
  [/^address\.city(Prefix|Suffix)$/, 'address.city'],
  [/^address\.street(Prefix|Suffix)$/, 'address.streetName'],
  [/^company\.(suffixes|companySuffix)$/, 'random.arrayElement(["Inc","and Sons","LLC","Group"])'],
  [/^finance\.mask$/, 'finance.pin'],
  [/^helpers\.(mustache|slugify)$/, 'lorem.slug'],
  [/^helpers\.replaceSymbol(s|WithNumber)$/, 'address.zipCode("??-###")'],
  [/^(helpers\.shuffle|random\.(objectElement|locale))$/, 'random.arrayElement(["en","de"])'],
  [/^image\./, 'image.imageUrl'],
  [/^phone\.phone(NumberFormat|Formats)$/, 'phone.phoneNumber("###-###-####")'],
];

/** Why a function that we do not have cannot be used, and what to take; undefined if no faker has it. */
export function whyNot(name: string): string | undefined {
  if (/^date\.(anytime|past|future|between|betweens|recent|soon|birthdate|simTime)$/.test(name)) {
    return 'it depends on the time at which it is asked, so nobody could prove the event. Take the time of the event, for example {{date.iso}}';
  }
  if (/^(address|location)\.nearbyGPSCoordinate$|^helpers\.(\w+Card|createTransaction)$/.test(name)) {
    return 'it gives no text. Take a function for each value, for example {{location.latitude}}';
  }
  const call = nearest.find(([names]) => names.test(name))?.[1];
  return call && `faker no longer has it. Take {{${call}}}`;
}
