import type { Draw } from './draw.ts';
import type { TimeFormat } from './time-format.ts';

/** Writes a part of an event at `at`. @returns The end of the text: beyond the target's end if it did not fit. */
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
  /** Texts of each form that it writes, such as its smallest and its largest number. @default - samples have all forms */
  readonly edges?: () => readonly string[];
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
