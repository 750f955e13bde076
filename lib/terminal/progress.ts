import type { Writable } from 'node:stream';
import yoctoSpinner from 'yocto-spinner';
import { formatNumber } from './text.ts';

/** How far something with many events is. */
export interface Progress {
  /** Since it began, in milliseconds. */
  readonly elapsedMs: number;
  /** Events so far; with copies among them there may be more than {@link totalEvents}. */
  readonly events: number;
  /** Events in the end. */
  readonly totalEvents: number;
  /** What stands behind the bar, the most important first: a few words each. */
  readonly notes: readonly string[];
  /** All of it in a line of text, for where there is no bar. */
  readonly line: string;
  /** Whether nothing can change for some seconds. @default false */
  readonly isWaiting?: boolean;
}

/** Where progress is shown: what of `process.stderr` is needed. */
export type ProgressStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Shows a person how far things are. */
export interface ProgressDisplay {
  /** Shows a line that stays. */
  readonly onStep: (line: string) => void;
  /** Shows how far it is now. */
  readonly onProgress: (progress: Progress) => void;
  /** Removes the bar, if there is one, and shows the cursor again. */
  readonly end: () => void;
}

/** Least time between two lines of text, unless the later one says that there is something to wait for. */
const lineIntervalMs = 2_000;

/** More is no easier to read. */
const widestBar = 30;

/** With less room than this, a note is left out rather than the bar. */
const narrowestBar = 8;

/** The spinner before a bar, and a space. */
const spinnerColumns = 2;

/**
 * Shows progress on a stream: as a bar that is redrawn in place if a person looks at it, as a line of text now and then
 * if it is a file, a pipe, a dumb terminal or the log of a CI system.
 *
 * @param signal Ends the bar. Without one, Ctrl-C ends the bar and the process, as it would if there were no bar.
 */
export function showProgress(stream: ProgressStream, signal?: AbortSignal): ProgressDisplay {
  const onStep = (line: string) => void stream.write(`${line}\n`);
  // The conditions of yocto-spinner, which otherwise would write its own lines.
  if (!stream.isTTY || process.env.TERM === 'dumb' || 'CI' in process.env) {
    return { onStep, onProgress: createLineWriter(onStep), end: () => {} };
  }
  const bar = yoctoSpinner({ stream, handleSignals: signal === undefined });
  const end = () => void bar.stop();
  signal?.addEventListener('abort', end);
  return {
    onStep,
    onProgress: (progress) => {
      if (signal?.aborted) {
        return;
      }
      const text = progressBar(progress, (stream.columns || 80) - spinnerColumns);
      // Setting the text draws it even where the spinner does not spin.
      if (bar.isSpinning) {
        bar.text = text;
      } else {
        bar.start(text);
      }
    },
    end,
  };
}

function createLineWriter(write: (line: string) => void): ProgressDisplay['onProgress'] {
  let [last, lastMs] = ['', 0];
  return ({ line, elapsedMs, isWaiting }) => {
    if (line === last || (!isWaiting && elapsedMs - lastMs < lineIntervalMs)) {
      return;
    }
    [last, lastMs] = [line, elapsedMs];
    write(`${(elapsedMs / 1_000).toFixed(1)} s: ${line}`);
  };
}

/** A bar and what stands behind it, in one line of at most `columns` characters. */
export function progressBar({ events, totalEvents, notes }: Progress, columns: number): string {
  const share = Math.min(1, events / totalEvents);
  // Rounded down, so that 100 % means all of them; padded, so that the bar keeps its width.
  const percentage = `${Math.floor(share * 100)}%`.padStart(4);
  const total = formatNumber(totalEvents);
  let text = `${percentage}  ${formatNumber(events).padStart(total.length)}/${total} events`;
  if (text.length > columns) {
    text = percentage;
  } else {
    for (const note of notes) {
      const longer = `${text}  ${note}`;
      if (longer.length + 1 + narrowestBar > columns) {
        break;
      }
      text = longer;
    }
  }
  const width = Math.max(0, Math.min(widestBar, columns - text.length - 1));
  const filled = Math.floor(share * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${text}`.trimStart();
}
