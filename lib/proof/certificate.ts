import { writeFile } from 'node:fs/promises';
import { formatCount, formatEvents, formatNumber, printable } from '../terminal/text.ts';
import { style } from './certificate-style.ts';
import type { ProofOptions } from './options.ts';
import { type Evidence, type Proof, type RunProof, total } from './proof.ts';
import { describeDifference, formatDuration, redrivePayload, verdict } from './summary.ts';
import { landingPlot, latencyPlot } from './svg-plots.ts';
import { UnanswerableError } from './unanswerable.ts';

const maxRows = 200;
/** Limit of list items, such as the missing ranges of a run. */
const maxItems = 20;

/** Writes the certificate if `--html` was given. @throws UnanswerableError if it cannot be written. */
export async function writeCertificate(
  evidence: Evidence,
  { html }: Pick<ProofOptions, 'html'>,
): Promise<void> {
  if (html === undefined) {
    return;
  }
  await writeFile(html, certificate(evidence)).catch((error) => {
    throw new UnanswerableError(`the certificate could not be written: ${error.message}`, { cause: error });
  });
}

/**
 * The proof as one self-contained HTML page, to attach to a ticket. It follows the reader's light or dark mode, needs no
 * network and runs no script.
 */
export function certificate({ proof, eventTimes, latencies }: Evidence): string {
  const { word, sentence } = verdict(proof);
  const { p50, p95, p99 } = proof.latencyMs;
  const landing = landingPlot(total(proof, 'expected'), eventTimes, proof.objectCounts);
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
${proof.unproven ? '' : proof.runs.map(missingEvents).join('')}
${list('Corrupt objects', proof.corruptObjects, proof.corruptObjectCount, ({ object, reason }) => `${object} – ${reason}`)}
${list('Corrupt lines', proof.corruptLines, proof.corruptLineCount, (corrupt) => `${corrupt.object}, line ${formatNumber(corrupt.line)}${describeDifference(corrupt)}`)}
${figure(
  'Events landing over time',
  landing,
  landing &&
    '<span class="key expected">expected</span> <span class="key generated">generated, of those found</span> <span class="key landed">landed</span>',
)}
${figure(
  'Latency',
  latencyPlot(latencies, { p50, p95, p99 }),
  latencies.length === 0
    ? ''
    : `p50 ${formatDuration(p50)} · p95 ${formatDuration(p95)} · p99 ${formatDuration(p99)} · max ${formatDuration(proof.latencyMs.max)}`,
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
      ...runs.map(({ runId, from, to }) => `${runId}, ${formatEvents(from, to)}`),
    ],
    ['Stream', ...streams],
    ['Source', source],
    ['Checked', `${checkedAt.slice(0, 19).replace('T', ' ')} UTC`],
    ['Asked for', exactlyOnce ? 'every event exactly once' : 'every event at least once'],
  ];
  return `<dl class="facts">${rows
    .map(([name, ...lines]) => `<div><dt>${name}</dt><dd>${lines.map(escapeHtml).join('\n')}</dd></div>`)
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
  // Each tile has room for the longest number; if six do not fit side by side, three do.
  const longest = Math.max(...tiles.map(([, value]) => formatNumber(value).length));
  const least = `max(${longest > 9 ? 30 : 0}%, ${longest * 0.75 + 1.9}rem)`;
  return `<ul class="tiles" style="--least: ${least}">${tiles
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
    `Missing events of ${run.runId}, and the payloads that resend them`,
    run.missingRanges,
    run.missingRangeCount,
    (range) => `${formatEvents(...range)}: ${redrivePayload(run, range)}`,
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
  const shown = items.slice(0, maxItems);
  return `<section><h2>${escapeHtml(title)}</h2><ul class="lines">${shown
    .map((item) => `<li>${breakable(describe(item))}</li>`)
    .join('')}</ul>${more(count - shown.length)}</section>`;
}

function figure(title: string, svg: string, caption: string): string {
  if (caption === '') {
    return '';
  }
  return `<section><h2>${title}</h2><figure>${svg}<figcaption>${caption}</figcaption></figure></section>`;
}

function more(count: number): string {
  return count > 0 ? `<p class="more">and ${formatNumber(count)} more</p>` : '';
}

/** Escapes text and allows line breaks in long keys. */
function breakable(text: string): string {
  return escapeHtml(text).replaceAll('/', '/<wbr>');
}

/** Also keeps others' names from changing the order of the text around them. */
function escapeHtml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
