import type { EventTemplate } from '../../lambda/template/event-template.ts';
import type { Part } from '../../lambda/template/part.ts';
import { sampleEvents } from '../template/sample-events.ts';

/** Some of the skeleton's characters, `[from, to)`. */
export interface Stretch {
  /** The first one. */
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
}

/** A part of a template, and where it is in the skeleton. */
export interface PlacedPart extends Stretch {
  /** The part. */
  readonly part: Part;
  /** What it may write: its choices, or what it wrote into some events. */
  readonly samples: ReadonlySet<string>;
}

/** A template whose expressions are one digit each: JSON that can be parsed, if the events are JSON. */
export interface Skeleton {
  /** Its characters. */
  readonly text: string;
  /** The template's parts, in order. */
  readonly parts: readonly PlacedPart[];
}

const expressionMark = '1';

/** Takes a template apart, and tries what its expressions write. */
export function skeletonOf(template: EventTemplate): Skeleton {
  const samples = textsOf(template);
  const parts: PlacedPart[] = [];
  let text = '';
  for (const [place, part] of template.parts.entries()) {
    const from = text.length;
    text += part.isText ? part.source : expressionMark;
    parts.push({ part, from, to: text.length, samples: samples[place]! });
  }
  return { text, parts };
}

/** What each part of a template may write, as far as that is known: its choices, or what it writes into some events. */
function textsOf(template: EventTemplate): Set<string>[] {
  const texts = template.parts.map(({ choices }) => new Set(choices));
  for (const pieces of sampleEvents(template)) {
    for (const [place, piece] of pieces.entries()) {
      texts[place]!.add(piece.toString());
    }
  }
  return texts;
}
