import { type Evidence, type Proof, type RunProof, total } from '../../lambda/prover/comparison/proof.ts';
import { formatCount, formatNumber } from '../terminal/text.ts';
import { describeDifference, formatDuration, redrivePayload, verdict } from './summary.ts';
import { landingPlot, latencyPlot } from './svg-plots.ts';

/** Most rows of a table. */
const maxRows = 200;

/** Most missing ranges of a run that are shown. */
const maxRanges = 20;

/**
 * The certificate: one self-contained HTML page that says what was found out, to attach to a ticket. Light or dark as the
 * reader's device is; it needs no network and runs no script.
 */
export function certificate({ proof, eventTimes, latencies }: Evidence): string {
  const { word, sentence } = verdict(proof);
  const { p50, p95, p99 } = proof.latencyMs;
  const runIds = proof.runs.map(({ runId }) => runId).join(', ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${word}: run ${runIds}`)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header class="${proof.complete ? 'good' : 'bad'}">
<p class="kind">Proof of delivery</p>
<h1>${escapeHtml(word)}</h1>
<p class="sentence">${escapeHtml(sentence)}</p>
</header>
${facts(proof)}
${figures(proof)}
${proof.runs.length > 1 ? runTable(proof.runs) : ''}
${proof.runs.map(missingEvents).join('')}
${list('Corrupt objects', proof.corruptObjects, proof.corruptObjectCount, ({ object, reason }) => `${object} – ${reason}`)}
${list('Corrupt lines', proof.corruptLines, proof.corruptLineCount, (corrupt) => `${corrupt.object}, line ${formatNumber(corrupt.line)}${describeDifference(corrupt)}`)}
${figure(
  'Events landing over time',
  landingPlot(total(proof, 'expected'), eventTimes, proof.objectCounts),
  '<span class="key expected">expected</span> <span class="key generated">generated, of those found</span> <span class="key landed">landed</span>',
)}
${figure(
  'Latency',
  latencyPlot(latencies, { p50, p95, p99 }),
  `p50 ${formatDuration(p50)} · p95 ${formatDuration(p95)} · p99 ${formatDuration(p99)} · max ${formatDuration(proof.latencyMs.max)}`,
)}
${objectTable(proof)}
${errorTable(proof)}
<footer>
<p>Every UUID of a run follows from the stream’s name, the run’s id and the event’s index. This proof computed them again and compared
them with every line of every object in the source. An event is present if its line is there, whole; latency is the time at which its object
landed minus the time in the event.</p>
</footer>
</main>
</body>
</html>
`;
}

function facts({ runs, source, checkedAt, exactlyOnce }: Proof): string {
  const streams = [...new Set(runs.map((run) => run.deliveryStreamName))];
  const rows = [
    [
      runs.length === 1 ? 'Run' : 'Runs',
      runs.map(({ runId, from, to }) => `${runId} [${from}, ${to})`).join('\n'),
    ],
    ['Stream', streams.join('\n')],
    ['Source', source],
    ['Checked', `${checkedAt.slice(0, 19).replace('T', ' ')} UTC`],
    ['Asked for', exactlyOnce ? 'every event exactly once' : 'every event at least once'],
  ];
  return `<dl class="facts">${rows
    .map(([name = '', value = '']) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`)
    .join('')}</dl>`;
}

function figures(proof: Proof): string {
  const [missing, duplicated, extraCopies] = [
    total(proof, 'missing'),
    total(proof, 'duplicated'),
    total(proof, 'extraCopies'),
  ];
  const corrupt = proof.corruptLineCount + proof.corruptObjectCount;
  const tiles: [name: string, value: number, note: string, tone: string][] = [
    ['expected', total(proof, 'expected'), '', ''],
    ['present once', total(proof, 'present') - duplicated, '', ''],
    ['missing', missing, '', missing > 0 ? 'bad' : ''],
    [
      'duplicated',
      duplicated,
      formatCount(extraCopies, 'extra line'),
      duplicated > 0 ? (proof.exactlyOnce ? 'bad' : 'notable') : '',
    ],
    [
      'corrupt',
      corrupt,
      `${formatCount(proof.corruptLineCount, 'line')}, ${formatCount(proof.corruptObjectCount, 'object')}`,
      corrupt > 0 ? 'bad' : '',
    ],
    ['foreign lines', proof.foreignLines, 'of other runs', ''],
  ];
  return `<ul class="tiles">${tiles
    .map(
      ([name, value, note, tone]) =>
        `<li class="${tone}"><span>${name}</span><strong>${formatNumber(value)}</strong><small>${note}</small></li>`,
    )
    .join('')}</ul>`;
}

function runTable(runs: readonly RunProof[]): string {
  return table(
    'Runs',
    ['run', 'expected', 'present', 'missing', 'duplicated'],
    runs.slice(0, maxRows).map((run) => [run.runId, run.expected, run.present, run.missing, run.duplicated]),
    runs.length,
  );
}

function missingEvents(run: RunProof): string {
  return list(
    `Missing events of ${run.runId}, as payloads that send just those again`,
    run.missingRanges.slice(0, maxRanges),
    run.missingRangeCount,
    (range) => redrivePayload(run, range),
  );
}

function objectTable({ objectCounts, objects }: Proof): string {
  return table(
    `Objects: ${formatNumber(objectCounts.length)} of ${formatNumber(objects)} in the source hold events of these runs or are corrupt`,
    ['object', 'landed (UTC)', 'bytes', 'events', 'foreign', 'corrupt'],
    objectCounts
      .slice(0, maxRows)
      .map((count) => [
        count.object,
        count.landedAt.slice(0, 19).replace('T', ' '),
        count.bytes,
        count.events,
        count.foreignLines,
        count.corruptLines,
      ]),
    objectCounts.length,
  );
}

function errorTable({ errorObjects }: Proof): string {
  return table(
    'Objects under the error prefix',
    ['error type', 'objects', 'bytes'],
    errorObjects.map(({ errorType, objects, bytes }) => [errorType, objects, bytes]),
    errorObjects.length,
  );
}

function table(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  count: number,
): string {
  if (count === 0) {
    return '';
  }
  const cell = (value: string | number, column: number) =>
    `<td data-name="${columns[column]}"${typeof value === 'number' ? ' class="number"' : ''}>` +
    `${typeof value === 'number' ? formatNumber(value) : breakable(value)}</td>`;
  const isNumber = (column: number) => typeof rows[0]?.[column] === 'number';
  return `<section><h2>${escapeHtml(title)}</h2><div class="wide"><table>
<thead><tr>${columns.map((name, column) => `<th${isNumber(column) ? ' class="number"' : ''}>${name}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</tbody>
</table></div>${more(count - rows.length)}</section>`;
}

function list<T>(title: string, items: readonly T[], count: number, describe: (item: T) => string): string {
  if (count === 0) {
    return '';
  }
  const shown = items.slice(0, maxRanges);
  return `<section><h2>${escapeHtml(title)}</h2><ul class="lines">${shown
    .map((item) => `<li>${breakable(describe(item))}</li>`)
    .join('')}</ul>${more(count - shown.length)}</section>`;
}

function figure(title: string, svg: string, caption: string): string {
  if (svg === '') {
    return '';
  }
  return `<section><h2>${title}</h2><figure>${svg}<figcaption>${caption}</figcaption></figure></section>`;
}

function more(count: number): string {
  return count > 0 ? `<p class="more">and ${formatNumber(count)} more</p>` : '';
}

/** Escaped, with places where a long key may break. */
function breakable(text: string): string {
  return escapeHtml(text).replaceAll('/', '/<wbr>');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const style = `
:root {
  --page: #f4f5f7; --card: #fff; --ink: #16191f; --soft: #5b6472; --line: #dfe3e8;
  --good: #0b6b3a; --bad: #b3261e; --notable: #8a5a00; --landed: #1f5fbf; --generated: #8b93a1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1216; --card: #181c22; --ink: #e8ebef; --soft: #9aa4b2; --line: #2b313a;
    --good: #126b3e; --bad: #a92e26; --notable: #e0b050; --landed: #6ea8ff; --generated: #8a93a0;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 2.5rem; display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
header { border-radius: 10px; padding: 1.4rem 1.6rem; color: #fff; }
header.good { background: var(--good); }
header.bad { background: var(--bad); }
header p { margin: 0; }
.kind { font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; opacity: .85; }
h1 { margin: .1rem 0 .2rem; font-size: clamp(2rem, 9vw, 3.4rem); line-height: 1.1; letter-spacing: .01em; }
.sentence { font-size: 1.1rem; }
section, .facts { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; margin: 0; }
h2 { margin: 0 0 .6rem; font-size: 1rem; overflow-wrap: anywhere; }
.facts { display: grid; gap: .35rem; }
.facts div { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .5rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-line; }
.tiles { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(8.6rem, 1fr)); gap: .6rem; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .7rem .9rem; display: grid; align-content: start; }
.tiles span { color: var(--soft); font-size: .85rem; }
.tiles strong { font-size: 1.35rem; font-variant-numeric: tabular-nums; line-height: 1.3; }
.tiles small { color: var(--soft); font-size: .78rem; }
.tiles .bad { border-color: var(--bad); box-shadow: inset 0 3px 0 var(--bad); }
.tiles .notable { box-shadow: inset 0 3px 0 var(--notable); }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .85rem; margin-top: .4rem; }
.grid { stroke: var(--line); }
.label { fill: var(--soft); font-size: 11px; }
.landed { fill: none; stroke: var(--landed); stroke-width: 2.2; }
.generated { fill: none; stroke: var(--generated); stroke-width: 1.8; stroke-dasharray: 5 4; }
.expected { stroke: var(--ink); stroke-width: 1.6; stroke-dasharray: 1 4; stroke-linecap: round; }
.bar { fill: var(--landed); }
.mark { stroke: var(--ink); stroke-dasharray: 2 3; }
.mark-label { fill: var(--ink); font-size: 11px; stroke: var(--card); stroke-width: 3px; paint-order: stroke; }
.key::before { content: ""; display: inline-block; width: 1.4rem; margin-right: .35rem; vertical-align: middle; border-top: 2px solid var(--landed); }
.key.generated::before { border-top: 2px dashed var(--generated); }
.key.expected::before { border-top: 2px dotted var(--ink); }
.key { white-space: nowrap; margin-right: .8rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-top: 1px solid var(--line); vertical-align: top; }
th { border-top: 0; color: var(--soft); font-weight: 500; white-space: nowrap; }
td:first-child { min-width: 14rem; overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.lines { list-style: none; margin: 0; padding: 0; font: .82rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.more { margin: .5rem 0 0; color: var(--soft); }
footer { color: var(--soft); font-size: .82rem; }
footer p { margin: 0; }
@media (max-width: 40rem) {
  .label, .mark-label { font-size: 17px; }
  thead { display: none; }
  tr { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .1rem .8rem; padding: .5rem 0; border-top: 1px solid var(--line); }
  td, td.number { border: 0; padding: 0; text-align: left; }
  td:first-child { grid-column: 1 / -1; min-width: 0; }
  td:not(:first-child)::before { content: attr(data-name); display: block; color: var(--soft); font-size: .75rem; }
}
@media print { body { background: #fff; } header { print-color-adjust: exact; -webkit-print-color-adjust: exact; } section { break-inside: avoid; } }
`;
