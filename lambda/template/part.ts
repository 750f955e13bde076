import type { Draw } from './draw.ts';
import type { TimeFormat } from './time-format.ts';

/**
 * What a part of a template writes.
 *
 * @param target Where it goes.
 * @param at Where in it.
 * @param draw What it may depend on.
 * @returns Where the next byte goes: beyond the target's end if it didn't fit.
 */
export type WritePart = (target: Buffer, at: number, draw: Draw) => number;

/** A function of a template, bound to its arguments. */
export interface PartValue {
  readonly write: WritePart;
  /** Whether it draws a block for each event. */
  readonly isRandom?: true;
  /** Whether it draws from word lists: its texts may have any characters. */
  readonly isWords?: true;
  /** The texts that it chooses from. @default - it does not choose */
  readonly choices?: readonly string[];
  /** Whether it writes the UUID, the event's identity. */
  readonly isUuid?: true;
  /** How it writes the time. @default - it does not depend on the time */
  readonly timeFormat?: TimeFormat;
}

/** A part of a template: text that is the same in every event, or an expression. */
export interface Part extends PartValue {
  /** The text, or the expression without its braces. */
  readonly source: string;
  readonly isText: boolean;
  readonly offset: number;
}
