import type { Part } from './part.ts';
import type { Renderer } from './renderer.ts';

/** What all events of a producer look like. */
export interface EventTemplate {
  /** The template as it was written. */
  readonly source: string;
  /** Whether an event is a JSON object. */
  readonly isJson: boolean;
  /** Texts and expressions, in order. One of them writes the UUID. */
  readonly parts: readonly Part[];
  /** Begins with a run. */
  startRun(deliveryStreamName: string, runId: string): Renderer;
}
