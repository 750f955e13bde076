import type { Writable } from 'node:stream';
import yoctoSpinner from 'yocto-spinner';
import { formatNumber } from './text.ts';

export interface Progress {
  readonly elapsedMs: number;
  /** Events so far; with duplicates, possibly more than {@link totalEvents}. */
  readonly events: number;
  readonly totalEvents: number;
  /** Short texts after the bar, the most important first. */
  readonly notes: readonly string[];
  /** One line of text with all of it, for output without a bar. */
  readonly line: string;
  /** Whether nothing will change for some seconds. @default false */
  readonly isWaiting?: boolean;
}

export type ProgressStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface ProgressDisplay {
  /** Prints a line that stays. */
  readonly onStep: (line: string) => void;
  readonly onProgress: (progress: Progress) => void;
  /** Removes the bar and shows the cursor again. */
  readonly end: () => void;
}

/** Minimum time between two lines of text, unless the later one announces a wait. */
const lineIntervalMs = 2_000;

const widestBar = 30;

/** If the bar had fewer columns, a note is left out. */
const narrowestBar = 8;

const spinnerColumns = 2;

/**
 * Shows progress on a stream: as a bar on a terminal, as occasional lines of text in a file, a pipe, a dumb terminal or
 * a CI log.
 *
 * @param signal Ends the bar. Without a signal, Ctrl-C ends the bar and the process.
 */
export function showProgress(stream: ProgressStream, signal?: AbortSignal): ProgressDisplay {
  const onStep = (line: string) => void stream.write(`${line}\n`);
  // Under these conditions yocto-spinner would write its own lines.
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

/** A bar and its notes, in one line of at most `columns` characters. */
export function progressBar({ events, totalEvents, notes }: Progress, columns: number): string {
  const shown = Math.min(events, totalEvents);
  const share = shown / totalEvents;
  // Rounded down, so that 100 % means all events; padded, so that the bar keeps its width.
  const percentage = `${Math.floor(share * 100)}%`.padStart(4);
  const total = formatNumber(totalEvents);
  let text = `${percentage}  ${formatNumber(shown).padStart(total.length)}/${total} events`;
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
