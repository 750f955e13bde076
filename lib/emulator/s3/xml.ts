/** What an element holds: text, or other elements, of which a list repeats the element. */
export type XmlValue =
  | string
  | number
  | boolean
  | { readonly [name: string]: XmlValue | readonly XmlValue[] };

/** An XML document with one element. Elements whose value is `undefined` are left out by their maker. */
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

/** Control characters too, as S3 does, although XML 1.0 has no way to write most of them. */
function escapeText(text: string): string {
  return text.replaceAll(/[&<>"\p{Cc}]/gu, (character) => `&#${character.codePointAt(0)};`);
}
