/** Whether Intl knows a time zone, in AWS's spelling: Intl also takes offsets and any case. */
export function isTimeZone(text: string): boolean {
  if (!/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(text)) {
    return false;
  }
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}

/** Whether Firehose may take a time zone as `CustomTimeZone`. Source: API reference, ExtendedS3DestinationConfiguration. */
export function isPrefixTimeZone(text: string): boolean {
  return (
    text === 'UTC' || (/^[A-Za-z_]+(\/[A-Za-z_]+)+$/.test(text) && text.length <= 50 && isTimeZone(text))
  );
}

/** Describes {@link isPrefixTimeZone} in messages. */
export const prefixTimeZoneExpectation = 'UTC or a time zone that Firehose knows, of letters, _ and /';

/**
 * Time zones that Firehose documents by an older name.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
 */
const olderNames: Readonly<Record<string, string>> = {
  'Africa/Asmara': 'Africa/Asmera',
  'America/Argentina/Buenos_Aires': 'America/Buenos_Aires',
  'America/Indiana/Indianapolis': 'America/Indianapolis',
  'America/Nuuk': 'America/Godthab',
  'Asia/Ho_Chi_Minh': 'Asia/Saigon',
  'Asia/Kathmandu': 'Asia/Katmandu',
  'Asia/Kolkata': 'Asia/Calcutta',
  'Asia/Yangon': 'Asia/Rangoon',
  'Atlantic/Faroe': 'Atlantic/Faeroe',
  'Etc/UTC': 'UTC',
  'Europe/Kyiv': 'Europe/Kiev',
  'Pacific/Chuuk': 'Pacific/Truk',
  'Pacific/Pohnpei': 'Pacific/Ponape',
};

/** A time zone in Firehose's spelling. */
export function firehoseTimeZone(name: string): string {
  return olderNames[name] ?? name;
}
