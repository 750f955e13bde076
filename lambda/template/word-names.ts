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

/** The names that KDG and its faker have for the same. */
const kdg: Readonly<Record<string, string>> = {
  'address.buildingNumber': 'location.buildingNumber',
  'address.cardinalDirection': 'location.cardinalDirection',
  'address.city': 'location.city',
  'address.cityName': 'location.city',
  'address.country': 'location.country',
  'address.countryCode': 'location.countryCode',
  'address.county': 'location.county',
  'address.direction': 'location.direction',
  'address.latitude': 'location.latitude',
  'address.longitude': 'location.longitude',
  'address.ordinalDirection': 'location.ordinalDirection',
  'address.secondaryAddress': 'location.secondaryAddress',
  'address.state': 'location.state',
  'address.stateAbbr': 'location.state',
  'address.streetAddress': 'location.streetAddress',
  'address.streetName': 'location.street',
  'address.timeZone': 'location.timeZone',
  'address.zipCode': 'location.zipCode',
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
  'name.firstName': 'person.firstName',
  'name.fullName': 'person.fullName',
  'name.gender': 'person.sex',
  'name.jobArea': 'person.jobArea',
  'name.jobDescriptor': 'person.jobDescriptor',
  'name.jobTitle': 'person.jobTitle',
  'name.jobType': 'person.jobType',
  'name.lastName': 'person.lastName',
  'name.middleName': 'person.middleName',
  'name.prefix': 'person.prefix',
  'name.suffix': 'person.suffix',
  'name.title': 'person.jobTitle',
  'phone.phoneNumber': 'phone.number',
  'random.image': 'image.url',
  'random.word': 'word.sample',
  'random.words': 'word.words',
  'vehicle.vehicleType': 'vehicle.type',
};

/** Functions that need word lists: each name that a template may use, and faker's name of today. */
export const wordNames: ReadonlyMap<string, string> = new Map([
  ...Object.entries(today).flatMap(([module, functions]) =>
    functions.split(' ').map((name): [string, string] => [`${module}.${name}`, `${module}.${name}`]),
  ),
  ...Object.entries(kdg),
]);

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
