// Draws docs/dashboard.png: the dashboard of the synthesized template, with sample data, in a headless Chromium.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, chromiumFlags } from '../../../../test/chromium.ts';
import { dashboardBody } from '../../../../test/stack/monitoring/dashboard-body.ts';
import { templateOf } from '../../../../test/stack/synth.ts';
import { dashboardPage } from './page.ts';

const picture = 'docs/dashboard.png';

if (chromium === undefined) {
  throw new Error('No Chromium is installed to draw with: apt-get install chromium');
}
const { html, width, height } = dashboardPage(dashboardBody(templateOf()));
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
      `--screenshot=${picture}`,
      `file://${join(directory, 'page.html')}`,
    ],
    { stdio: 'ignore' },
  );
  console.log(`${picture}: ${width} x ${height} pixels, ${statSync(picture).size} bytes`);
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
