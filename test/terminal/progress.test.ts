import { spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Progress,
  type ProgressStream,
  progressBar,
  showProgress,
} from '../../lib/terminal/progress.ts';

function createProgress(overrides: Partial<Progress> = {}): Progress {
  return {
    elapsedMs: 2_500,
    events: 520_000,
    totalEvents: 1_000_000,
    notes: ['208,000/s', '12 refused', '3 queued'],
    line: '520,000 of 1,000,000 events',
    ...overrides,
  };
}

/** A stream that remembers what was written to it; a terminal if it is given columns. */
function createStream(columns?: number): { stream: ProgressStream; written: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk;
      done();
    },
  });
  const terminal = {
    isTTY: true,
    columns,
    cursorTo: () => stream.write('<home>'),
    moveCursor: () => stream.write('<up>'),
    clearLine: () => stream.write('<clear>'),
  };
  return { stream: Object.assign(stream, columns && terminal), written: () => text };
}

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';

beforeEach(() => {
  vi.stubEnv('CI', undefined);
  vi.stubEnv('TERM', 'xterm');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a progress bar', () => {
  it('never shows more than all events, though duplicates count', () => {
    const bar = progressBar(createProgress({ events: 1_200_000 }), 100);
    expect(bar).toContain('100%  1,000,000/1,000,000 events');
  });

  it('shows the share, the events and the notes behind it', () => {
    expect(progressBar(createProgress(), 100)).toBe(
      `${'█'.repeat(15)}${'░'.repeat(15)}  52%    520,000/1,000,000 events  208,000/s  12 refused  3 queued`,
    );
  });

  it.each([
    [78, '██████░░░░░░  52%    520,000/1,000,000 events  208,000/s  12 refused  3 queued'],
    [70, '███████░░░░░░░  52%    520,000/1,000,000 events  208,000/s  12 refused'],
    [38, '██░░░  52%    520,000/1,000,000 events'],
    [30, '█████████████░░░░░░░░░░░░  52%'],
  ])('fits into %i columns', (columns, expected) => {
    const bar = progressBar(createProgress(), columns);
    expect(bar).toBe(expected);
    expect(bar.length).toBeLessThanOrEqual(columns);
  });

  it.each([
    ['is full and at 100% only when every event is there', 999_999, '█████████░  99%'],
    ['does not overflow when there are copies', 1_200_000, '██████████ 100%'],
    ['is empty at first', 0, '░░░░░░░░░░   0%'],
  ])('%s', (_, events, expected) => {
    expect(progressBar(createProgress({ events }), 15)).toBe(expected);
  });
});

describe('progress on a terminal', () => {
  it('is a bar that is redrawn in place below the lines that stay, and removed in the end', () => {
    // Prepare
    const { stream, written } = createStream(80);
    const { onStep, onProgress, end } = showProgress(stream);

    // Act
    onStep('Begins ...');
    onProgress(createProgress());
    onStep('Goes on ...');
    onProgress(createProgress({ events: 1_000_000 }));
    end();

    // Assess
    expect(written()).toMatch(/^Begins \.\.\.\n/);
    expect(written()).toMatch(/ {2}52% .*<home><clear>Goes on \.\.\.\n.* {2}52% .*<home><clear>.* 100% /s);
    expect(written().endsWith('<home><clear>')).toBe(true);
    expect(written().split(hideCursor)).toHaveLength(2);
    expect(written().lastIndexOf(showCursor)).toBeGreaterThan(written().lastIndexOf('100%'));
  });

  it('ends at the signal, and does not come back', () => {
    // Prepare
    const { stream, written } = createStream(80);
    const stop = new AbortController();
    const { onProgress } = showProgress(stream, stop.signal);
    onProgress(createProgress());

    // Act
    stop.abort();
    onProgress(createProgress({ events: 600_000 }));

    // Assess
    expect(written().endsWith(`${showCursor}<home><clear>`)).toBe(true);
    expect(written()).not.toContain('600,000');
  });

  it('handles Ctrl-C only without a signal, and only until the end', () => {
    // Prepare
    const listeners = process.listenerCount('SIGINT');
    const own = showProgress(createStream(80).stream, new AbortController().signal);
    const other = showProgress(createStream(80).stream);

    // Act
    own.onProgress(createProgress());
    const withSignal = process.listenerCount('SIGINT');
    other.onProgress(createProgress());
    const withoutSignal = process.listenerCount('SIGINT');
    own.end();
    other.end();

    // Assess
    expect([withSignal, withoutSignal]).toEqual([listeners, listeners + 1]);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });

  it.each([
    ['coloured', { FORCE_COLOR: '1' }, true],
    ['plain with NO_COLOR', { NO_COLOR: '1' }, false],
  ])('is %s', (_, colors, isColoured) => {
    // Prepare: colours are decided when a process starts, so this needs one that takes its pipe for a terminal
    const { NO_COLOR, FORCE_COLOR, ...environment } = process.env;
    const program = `
      import { showProgress } from './lib/terminal/progress.ts';
      const none = () => {};
      Object.assign(process.stderr, { isTTY: true, columns: 80, cursorTo: none, moveCursor: none, clearLine: none });
      const { onProgress, end } = showProgress(process.stderr);
      onProgress(${JSON.stringify(createProgress())});
      end();
    `;

    // Act
    const { stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      {
        encoding: 'utf8',
        env: { ...environment, ...colors },
      },
    );

    // Assess
    expect(stderr).toContain('520,000/1,000,000 events');
    expect(stderr.includes('\x1b[36m')).toBe(isColoured);
  });
});

describe('progress elsewhere', () => {
  it.each([
    ['in a pipe', undefined, {}],
    ['on a dumb terminal', 80, { TERM: 'dumb' }],
    ['in a CI system', 80, { CI: 'true' }],
  ])('is lines of text %s: now and then, but at once if there is something to wait for', (...where) => {
    // Prepare
    const [, columns, environment] = where;
    for (const [name, value] of Object.entries(environment)) {
      vi.stubEnv(name, value);
    }
    const { stream, written } = createStream(columns);
    const { onStep, onProgress, end } = showProgress(stream);

    // Act
    onStep('Begins ...');
    onProgress(createProgress({ elapsedMs: 1_999, line: '1 event' }));
    onProgress(createProgress({ elapsedMs: 2_000, line: '2 events' }));
    onProgress(createProgress({ elapsedMs: 3_999, line: '3 events' }));
    onProgress(createProgress({ elapsedMs: 4_000, line: '2 events' }));
    onProgress(createProgress({ elapsedMs: 4_100, line: '4 events', isWaiting: true }));
    end();

    // Assess
    expect(written()).toBe('Begins ...\n2.0 s: 2 events\n4.1 s: 4 events\n');
  });
});
