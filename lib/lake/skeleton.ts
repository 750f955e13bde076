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
  /** Its choices, or its values in the sample events. */
  readonly samples: ReadonlySet<string>;
}

/** A template with a digit in place of each expression: valid JSON if the events are JSON. */
export interface Skeleton {
  readonly text: string;
  /** In the template's order. */
  readonly parts: readonly PlacedPart[];
}

const expressionMark = '1';

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

function textsOf(template: EventTemplate): Set<string>[] {
  const texts = template.parts.map(({ choices }) => new Set(choices));
  for (const pieces of sampleEvents(template)) {
    for (const [place, piece] of pieces.entries()) {
      texts[place]!.add(piece.toString());
    }
  }
  return texts;
}
