/** The errors of this S3, and their HTTP statuses. Source: S3 API reference, error responses. */
export const httpStatusByCode = {
  InvalidArgument: 400,
  InvalidRange: 416,
  InternalError: 500,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NotImplemented: 501,
} as const;

export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: keyof typeof httpStatusByCode;

  constructor(code: keyof typeof httpStatusByCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Content of an element: text, or other elements; a list repeats its element. */
export type XmlValue =
  | string
  | number
  | boolean
  | { readonly [name: string]: XmlValue | readonly XmlValue[] };

/** An XML document with one element. */
export function xmlDocument(name: string, value: XmlValue, namespace?: string): string {
  const attribute = namespace ? ` xmlns="${namespace}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${content(value)}</${name}>`;
}

function content(value: XmlValue): string {
  if (typeof value !== 'object') {
    return escapeText(String(value));
  }
  return Object.entries(value)
    .flatMap(([name, inner]) =>
      (Array.isArray(inner) ? inner : [inner]).map((one: XmlValue) => `<${name}>${content(one)}</${name}>`),
    )
    .join('');
}

/** Also escapes control characters, as S3 does, although XML 1.0 allows few of them. */
function escapeText(text: string): string {
  return text.replaceAll(/[&<>"\p{Cc}]/gu, (character) => `&#${character.codePointAt(0)};`);
}
