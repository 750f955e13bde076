import type { EventTemplate } from '../../lambda/template/event-template.ts';
import type { Part } from '../../lambda/template/part.ts';
import { sampleEvents } from '../template/sample-events.ts';

/** A range of the skeleton's characters, `[from, to)`. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface PlacedPart extends Stretch {
  readonly part: Part;
  /** Its choices, or its values in the sample events; without their quotes if they are strings of JSON. */
  readonly samples: ReadonlySet<string>;
  /** Whether some of the values, not all, have quotes: `"Red"` or `null`. */
  readonly isMixed?: boolean;
}

/** A template with a digit in place of each expression, in quotes if it writes them: valid JSON if the events are JSON. */
export interface Skeleton {
  readonly text: string;
  /** In the template's order. */
  readonly parts: readonly PlacedPart[];
}

const expressionMark = '1';

export function skeletonOf(template: EventTemplate): Skeleton {
  const texts = textsOf(template);
  const parts: PlacedPart[] = [];
  let text = '';
  const place = (part: Part, written: string, samples: ReadonlySet<string>, isMixed = false) => {
    parts.push({ part, from: text.length, to: text.length + written.length, samples, isMixed });
    text += written;
  };
  for (const [order, part] of template.parts.entries()) {
    const all = [...texts[order]!];
    const strings = template.isJson && !part.isText ? all.filter(isString) : [];
    const isQuoted = strings.length > 0 && strings.length === all.length;
    const samples = new Set(all.map((value) => (strings.includes(value) ? value.slice(1, -1) : value)));
    const quote = () => isQuoted && place({ ...part, isText: true, source: '"' }, '"', new Set());
    quote();
    place(part, part.isText ? part.source : expressionMark, samples, strings.length > 0 && !isQuoted);
    quote();
  }
  return { text, parts };
}

/** Whether a text is a string of JSON, with its quotes. */
function isString(text: string): boolean {
  return /^"(?:[^"\\]|\\.)*"$/s.test(text);
}

function textsOf(template: EventTemplate): Set<string>[] {
  const texts = template.parts.map(({ choices }) => new Set(choices));
  for (const pieces of sampleEvents(template)) {
    for (const [place, piece] of pieces.entries()) {
      texts[place]!.add(piece.toString());
    }
  }
  return texts;
}
