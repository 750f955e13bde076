import { createHash } from 'node:crypto';
import type { EventTemplate } from '../../lambda/template/event-template.ts';
import type { Part } from '../../lambda/template/part.ts';

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
  /** What it wrote into some events: one text if that is always the same. */
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

const sampledEvents = 1_000;

/** Any time does, whose month has a long name. */
const sampledTimeMs = Date.UTC(2026, 10, 22, 11, 12, 13, 456);

/** Takes a template apart, and tries what its expressions write. */
export function skeletonOf(template: EventTemplate): Skeleton {
  const samples = sample(template);
  const parts: PlacedPart[] = [];
  let text = '';
  for (const [place, part] of template.parts.entries()) {
    const from = text.length;
    text += part.isText ? part.source : expressionMark;
    parts.push({ part, from, to: text.length, samples: samples[place]! });
  }
  return { text, parts };
}

/** What each part of a template writes into some events. */
function sample(template: EventTemplate): Set<string>[] {
  const samples = template.parts.map(() => new Set<string>());
  const run = template.startRun('my-stream', 'my-run');
  for (let index = 0; index < sampledEvents; index += 1) {
    const uuid = createHash('md5').update(`${index}`).digest();
    for (const [place, piece] of run.pieces(index, uuid, sampledTimeMs).entries()) {
      samples[place]!.add(piece.toString());
    }
  }
  return samples;
}
