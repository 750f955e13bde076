import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, chromiumFlags } from './chromium.ts';

/** A page, and how large it is in pixels. */
export interface Page {
  readonly html: string;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws a page as a PNG file, in a Chromium without a window.
 *
 * @throws Error if no Chromium is installed.
 */
export function drawPage({ html, width, height }: Page, path: string): void {
  if (chromium === undefined) {
    throw new Error('no Chromium is installed to draw with: apt-get install chromium');
  }
  const directory = mkdtempSync(join(tmpdir(), 'dashboard-'));
  try {
    writeFileSync(join(directory, 'page.html'), html);
    execFileSync(
      chromium,
      [
        ...chromiumFlags,
        `--user-data-dir=${join(directory, 'profile')}`,
        '--hide-scrollbars',
        `--window-size=${width},${height}`,
        `--screenshot=${path}`,
        `file://${join(directory, 'page.html')}`,
      ],
      { stdio: 'ignore' },
    );
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
