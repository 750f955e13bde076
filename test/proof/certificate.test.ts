import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { certificate } from '../../lib/proof/certificate.ts';
import type { Evidence } from '../../lib/proof/proof.ts';
import { shareOf } from '../property-runs.ts';
import { chromium, chromiumFlags } from './chromium.ts';
import { compare, createLines, createRun, createStoredObject, eventTimeMs } from './factories.ts';

const landed = (order: number) =>
  createStoredObject({
    key: `events/datehour=2026-11-22-10/a-rather-long-name-of-a-stream-1-2026-11-22-10-00-${order}.gz`,
    landedAtMs: eventTimeMs + 60_000 + order * 5_000,
  });

/** A run of 100 events in ten objects. */
function createCompleteEvidence(): Evidence {
  const lines = createLines();
  return compare(
    [createRun()],
    Array.from({ length: 10 }, (_, order) => ({
      object: landed(order),
      lines: lines.slice(order * 10, order * 10 + 10),
    })),
  );
}

/** The same with every kind of loss. */
function createLossyEvidence(): Evidence {
  const lines = createLines();
  return compare(
    [createRun(), createRun({ runId: `run-2 & <b>"others"</b>${'-long'.repeat(30)}`.replaceAll('-', '_') })],
    [
      { object: landed(1), lines: [...lines.slice(0, 40), 'corrupt\n', ...lines.slice(0, 2)] },
      { object: landed(2), lines: lines.slice(42), reason: 'gzip: unexpected end of file' },
      { object: landed(3), lines: createLines(createRun({ runId: 'foreign' })) },
    ],
  );
}

describe('the certificate', () => {
  it('shows objects whose landing time is unknown, and no curve of them', () => {
    // Act
    const evidence = compare(
      [createRun()],
      [{ object: createStoredObject({ landedAtMs: Number.NaN }), lines: createLines() }],
    );

    // Assess
    expect(evidence.proof).toMatchObject({ complete: true, objectCounts: [{ landedAt: 'unknown' }] });
    expect(evidence.latencies).toEqual([]);
    expect(certificate(evidence)).toContain('>unknown</td>');
  });

  it('shows the verdict, the run, the stream, the time and every count', () => {
    // Act
    const html = certificate(createCompleteEvidence());

    // Assess
    for (const text of [
      '<h1>COMPLETE</h1>',
      'run-1, events 0 to 99',
      'my-stream',
      '2026-11-22 10:01:00 UTC',
      '<strong>100</strong>',
    ]) {
      expect(html).toContain(text);
    }
    expect(html.match(/<svg /g)).toHaveLength(2);
    expect(html.match(/<tr><td/g)).toHaveLength(10);
  });

  it('shows missing events and corrupt objects, and escapes names', () => {
    // Act
    const html = certificate(createLossyEvidence());

    // Assess
    expect(html).toContain('<h1>INCOMPLETE</h1>');
    expect(html).toContain(
      'events 40 to 41: {&quot;runId&quot;:&quot;run-1&quot;,&quot;from&quot;:40,&quot;to&quot;:42}',
    );
    expect(html).toContain('gzip: unexpected end of file');
    expect(html).toContain('run_2 &amp; &lt;b&gt;&quot;others&quot;&lt;/b&gt;_long');
    expect(html).not.toContain('<b>');
  });

  it('says latencies that would be a single bar in words', () => {
    // Act
    const html = certificate(compare([createRun()], [{ object: landed(1), lines: createLines() }]));

    // Assess
    expect(html.match(/<svg /g)).toHaveLength(1);
    expect(html).toMatch(/<h2>Latency<\/h2><figure><figcaption>p50 /);
  });

  it('escapes characters that would reorder or hide the text', () => {
    // Prepare: right-to-left override, isolate, zero byte, escape
    const runId = 'a\u202eb\u2066c\u0000d\u001be';
    const object = createStoredObject({ key: 'x\u202ey' });
    const evidence = compare([createRun({ runId })], [{ object, lines: ['corrupt\n'] }]);

    // Act
    const html = certificate({ ...evidence, proof: { ...evidence.proof, source: 's\u2028t' } });

    // Assess
    expect(html).not.toMatch(/\p{Cf}|\p{Zl}|(?!\n)\p{Cc}/u);
    expect(html).toContain('<title>INCOMPLETE: run a\\u202eb\\u2066c\\u0000d\\u001be</title>');
    expect(html).toContain('x\\u202ey');
  });

  it('is one page that loads nothing and runs nothing', () => {
    expect(certificate(createLossyEvidence())).not.toMatch(/<script|<link|<img|@import|url\(|\b(src|href)=/);
  });

  it('has no plots when no event landed', () => {
    const html = certificate(compare([createRun()], []));
    expect(html).toContain('100 of 100 events are missing.');
    expect(html).not.toContain('<svg');
  });

  it('stays small for a run in many objects with many losses', () => {
    // Prepare
    const lines = createLines(createRun({ to: 20_000 }));
    const objects = Array.from({ length: 2_000 }, (_, order) => ({
      object: landed(order),
      lines: lines.slice(order * 10, order * 10 + 9),
    }));

    // Act
    const html = certificate(compare([createRun({ to: 20_000 })], objects));

    // Assess
    expect(html.length).toBeLessThan(200_000);
    expect(html).toContain('and 1,800 more');
  });
});

if (chromium === undefined) {
  console.warn(
    'SKIPPED: no Chromium is installed, so the certificate is not opened in one (apt-get install chromium).',
  );
}

/** Layout of a page. */
interface Layout {
  readonly verdict: string;
  readonly background: string;
  readonly scrollWidth: number;
  /** By how much numbers are closer to the edge of their tile than 8 pixels, or beyond it. */
  readonly tilesTooNarrow: readonly number[];
  readonly plots: readonly { readonly width: number; readonly height: number }[];
  readonly textsOutside: readonly string[];
}

/** Runs in a page that frames the certificate: a frame may be as narrow as a phone, a window of Chromium may not. */
const probe = `addEventListener('load', () => {
  const { document: page } = document.querySelector('iframe').contentWindow;
  const box = (element) => element.getBoundingClientRect();
  const plots = [...page.querySelectorAll('svg')];
  const isOutside = (element, frame) => box(element).width > 0 &&
    (box(element).left < box(frame).left - 1 || box(element).right > box(frame).right + 1);
  document.querySelector('pre').textContent = JSON.stringify({
    verdict: page.querySelector('h1').innerText,
    background: getComputedStyle(page.body).backgroundColor,
    scrollWidth: page.documentElement.scrollWidth,
    tilesTooNarrow: [...page.querySelectorAll('.tiles li')].map((tile) => {
      const range = page.createRange();
      range.selectNodeContents(tile.querySelector('strong'));
      return range.getBoundingClientRect().right - box(tile).right;
    }).filter((beyond) => beyond > -8),
    plots: plots.map((plot) => ({ width: box(plot).width, height: box(plot).height })),
    textsOutside: [
      ...plots.flatMap((plot) => [...plot.querySelectorAll('text')].filter((text) => isOutside(text, plot))),
      ...[...page.querySelectorAll('main *')].filter((element) => isOutside(element, page.querySelector('main'))),
    ].map((element) => element.textContent),
  });
});`;

describe.skipIf(chromium === undefined)('the certificate in Chromium', () => {
  async function layoutOf(html: string, width: number, scheme: 'light' | 'dark'): Promise<Layout> {
    const directory = await mkdtemp(join(tmpdir(), 'certificate-'));
    try {
      const framed = html.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
      await writeFile(
        join(directory, 'page.html'),
        `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><pre></pre>` +
          `<iframe style="width:${width}px;height:4000px;border:0" srcdoc="${framed}"></iframe><script>${probe}</script>`,
      );
      const { stdout } = await promisify(execFile)(chromium!, [
        ...chromiumFlags,
        `--user-data-dir=${join(directory, 'profile')}`,
        `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`,
        '--dump-dom',
        `file://${join(directory, 'page.html')}`,
      ]);
      const [, result = ''] = /<pre>(.*?)<\/pre>/s.exec(stdout) ?? [];
      return JSON.parse(result.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
    } finally {
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  }

  const pages = [
    ['complete', 'phone', 360, 'light', 'COMPLETE'],
    ['complete', 'desktop', 1_280, 'dark', 'COMPLETE'],
    ['lossy', 'phone', 360, 'dark', 'INCOMPLETE'],
    ['lossy', 'desktop', 1_280, 'light', 'INCOMPLETE'],
  ] as const;

  it.each(shareOf(pages))(
    'fits: a %s run on a %s, %i pixels wide, %s',
    async (kind, _, width, scheme, verdict) => {
      // Prepare
      const evidence = kind === 'complete' ? createCompleteEvidence() : createLossyEvidence();
      const foreignLines = kind === 'complete' ? 1_000_000 : 4_294_967_296;
      const html = certificate({ ...evidence, proof: { ...evidence.proof, foreignLines } });

      // Act
      const layout = await layoutOf(html, width, scheme);

      // Assess
      expect(layout).toMatchObject({
        verdict,
        background: scheme === 'dark' ? 'rgb(15, 18, 22)' : 'rgb(244, 245, 247)',
        textsOutside: [],
        tilesTooNarrow: [],
      });
      expect(layout.scrollWidth).toBeLessThanOrEqual(width);
      expect(layout.plots).toHaveLength(2);
      for (const plot of layout.plots) {
        expect(plot.width).toBeGreaterThan(Math.min(width, 960) * 0.75);
        expect(plot.height).toBeGreaterThan(100);
      }
    },
  );
});
