import { shortNumber, ticks } from '../../../terminal/scale.ts';
import type { Axis, DashboardBody, MetricRow, Rendering, Widget } from './dashboard-body.ts';
import type { Page } from './draw-page.ts';
import { firing, pointCount, type Series, sampleSeries } from './sample-data.ts';

const column = 60;
const row = 42;
const margin = 12;
const header = 56;
const periodSeconds = 300;

/** What a title and a legend of three lines take of a graph's height. */
const legendHeight = 92;

/** Height of a label at a threshold. */
const labelHeight = 13;

/** CloudWatch's own order of colours. */
const palette = ['#1f77b4', '#ff7f0e', '#2ca02c', '#9467bd', '#8c564b'];

const style = `
* { box-sizing: border-box; margin: 0 }
body { position: relative; background: #f2f3f3; color: #16191f; font: 12px/1.35 'DejaVu Sans', sans-serif }
h1 { position: absolute; left: 24px; top: 16px; font-size: 18px }
h1 small { margin-left: 12px; font-size: 13px; font-weight: normal; color: #545b64 }
.widget { position: absolute; padding: 8px 10px; background: #fff; border: 1px solid #d5dbdb; border-radius: 3px }
.heading { position: absolute; padding-top: 10px; font-size: 14px }
.title { font-size: 13px; font-weight: bold; margin-bottom: 4px }
svg { display: block }
svg text { font-size: 11px; fill: #545b64 }
svg .threshold { font-weight: bold; paint-order: stroke; stroke: #fff; stroke-width: 4px }
.legend span { margin-right: 10px; white-space: nowrap; font-size: 11px }
.legend i { display: inline-block; width: 14px; margin-right: 4px; vertical-align: middle }
.alarms { display: grid; grid-template-columns: repeat(5, 1fr); gap: 6px }
.alarms div { padding: 5px 8px; border-left: 4px solid; background: #f8f9f9 }
.alarms b { float: right }
.number { display: inline-block; margin: 22px 60px 0 20px; font-size: 34px }
.number small { display: block; font-size: 13px; color: #545b64 }
`;

interface Line {
  readonly rendering: Rendering;
  readonly color: string;
  readonly values: Series;
}

/** What a page of the dashboard looks like, with sample data in it. */
export function dashboardPage({ widgets }: DashboardBody): Page {
  const width = 24 * column + 2 * margin;
  const height = header + Math.max(...widgets.map(({ y, height }) => y + height)) * row + margin;
  const html = `<!doctype html><meta charset="utf-8"><style>${style}</style><body style="height:${height}px">
    <h1>Firehose event producer <small>sample data: two large runs by hand, and a bucket that refuses writes in the end</small></h1>
    ${widgets.map(drawWidget).join('\n')}`;
  return { html, width, height };
}

function drawWidget(widget: Widget): string {
  const { x, y, width, height, properties } = widget;
  const box =
    `left:${margin + x * column}px;top:${header + y * row}px;` +
    `width:${width * column - 8}px;height:${height * row - 8}px`;
  if (properties.markdown !== undefined) {
    const [, title, text] = /^## (.*?): (.*)$/.exec(properties.markdown)!;
    return `<div class="heading" style="${box}"><b>${title}</b>: ${text}</div>`;
  }
  const content = properties.alarms
    ? drawAlarms(properties.alarms)
    : properties.view === 'singleValue'
      ? drawNumbers(properties.metrics!)
      : drawGraph(widget);
  return `<div class="widget" style="${box}"><div class="title">${properties.title}</div>${content}</div>`;
}

function drawAlarms(alarms: readonly string[]): string {
  const cells = alarms.map((name) => {
    const [state, color] = firing.includes(name) ? ['In alarm', '#d62728'] : ['OK', '#2ca02c'];
    return `<div style="border-color:${color}">${name} <b style="color:${color}">${state}</b></div>`;
  });
  return `<div class="alarms">${cells.join('')}</div>`;
}

function drawNumbers(metrics: readonly MetricRow[]): string {
  const totals = Object.fromEntries(
    metrics.flatMap((row) => {
      const { id } = rendering(row);
      return id === undefined
        ? []
        : [[id, seriesOf(row).reduce<number>((sum, value) => sum + (value ?? 0), 0)]];
    }),
  );
  return metrics
    .flatMap((row) => {
      const { expression, label } = rendering(row);
      return expression === undefined
        ? []
        : `<div class="number">${evaluate(expression, totals, pointCount * periodSeconds)!.toFixed(2)}<small>${label}</small></div>`;
    })
    .join('');
}

function drawGraph({ width, height, properties: { metrics = [], yAxis, annotations } }: Widget): string {
  const lines = toLines(metrics);
  const [svgWidth, svgHeight] = [width * column - 30, height * row - legendHeight];
  const frame = { left: 42, right: yAxis?.right ? 32 : 6, top: 16, bottom: 16 };
  const innerWidth = svgWidth - frame.left - frame.right;
  const innerHeight = svgHeight - frame.top - frame.bottom;
  const thresholds = annotations?.horizontal ?? [];

  const scaleOf = (side: 'left' | 'right') => {
    const values = lines
      .filter(({ rendering }) => (rendering.yAxis ?? 'left') === side)
      .flatMap(({ values }) => values.map((value) => value ?? 0));
    const top = Math.max(...values, ...(side === 'left' ? thresholds.map(({ value }) => value) : []));
    return {
      top: (top || 1) * 1.12,
      of: (value: number) => svgHeight - frame.bottom - (value / ((top || 1) * 1.12)) * innerHeight,
    };
  };
  const scales = { left: scaleOf('left'), right: scaleOf('right') };
  const x = (point: number) => frame.left + (point / (pointCount - 1)) * innerWidth;

  const axis = (side: 'left' | 'right', { label }: Axis) => {
    const [at, anchor] = side === 'left' ? [frame.left - 5, 'end'] : [svgWidth - frame.right + 5, 'start'];
    return [
      side === 'left'
        ? `<text x="0" y="9">${label}</text>`
        : `<text x="${svgWidth}" y="9" text-anchor="end">${label}</text>`,
      ...ticks(scales[side].top, 3).map((value) => {
        const y = scales[side].of(value);
        const grid = `<line x1="${frame.left}" x2="${svgWidth - frame.right}" y1="${y}" y2="${y}" stroke="#eaeded"/>`;
        return `${side === 'left' ? grid : ''}<text x="${at}" y="${y + 3}" text-anchor="${anchor}">${shortNumber(value)}</text>`;
      }),
    ].join('');
  };
  const hours = [0, 3, 6, 9, 12].map((hour) => {
    const anchor = hour === 12 ? 'end' : 'middle';
    const at = frame.left + (hour / 12) * innerWidth;
    return `<text x="${at}" y="${svgHeight - 3}" text-anchor="${anchor}">${String(hour).padStart(2, '0')}:00</text>`;
  });
  const curves = lines.map(({ rendering: { yAxis: side = 'left', color: own }, color, values }) => {
    const path = values
      .map((value, point) =>
        value === undefined
          ? ''
          : `${values[point - 1] === undefined ? 'M' : 'L'}${x(point).toFixed(1)} ${scales[side].of(value).toFixed(1)}`,
      )
      .join('');
    return `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5"${own ? ' stroke-dasharray="5 4"' : ''}/>`;
  });
  const marks = thresholds.map(({ value, label, color }, place) => {
    const y = scales.left.of(value);
    // Labels of the same value stand above each other.
    const before = thresholds.slice(0, place).filter((other) => other.value === value).length;
    const labelY = y < frame.top + 14 ? y + 11 + before * labelHeight : y - 4 - before * labelHeight;
    return (
      `<line x1="${frame.left}" x2="${svgWidth - frame.right}" y1="${y}" y2="${y}" stroke="${color}" stroke-width="1.5" stroke-dasharray="5 4"/>` +
      `<text class="threshold" x="${frame.left + 4}" y="${labelY}" style="fill:${color}">${label}</text>`
    );
  });
  const legend = lines.map(
    ({ rendering: { label, color: own }, color }) =>
      `<span><i style="border-top:2px ${own ? 'dashed' : 'solid'} ${color}"></i>${label}</span>`,
  );
  return `<svg width="${svgWidth}" height="${svgHeight}">${[
    yAxis?.left ? axis('left', yAxis.left) : '',
    yAxis?.right ? axis('right', yAxis.right) : '',
    ...hours,
    ...curves,
    ...marks,
  ].join('')}</svg><div class="legend">${legend.join('')}</div>`;
}

const rendering = (row: MetricRow) => row.at(-1) as Rendering;

function seriesOf(row: MetricRow): Series {
  const [, name, ...dimensions] = row.slice(0, -1) as string[];
  return sampleSeries(name!, rendering(row).stat ?? 'Average', dimensions);
}

/** What is drawn: metrics that are shown, and expressions at each point. */
function toLines(metrics: readonly MetricRow[]): Line[] {
  const byId = new Map(
    metrics.flatMap((row) => {
      const { id } = rendering(row);
      return id === undefined ? [] : [[id, seriesOf(row)] as const];
    }),
  );
  return metrics
    .filter((row) => rendering(row).visible ?? true)
    .map((row, order) => {
      const { expression, color = palette[order]! } = rendering(row);
      const values = expression
        ? Array.from({ length: pointCount }, (_, point) =>
            evaluate(
              expression,
              Object.fromEntries([...byId].map(([id, series]) => [id, series[point]])),
              periodSeconds,
            ),
          )
        : seriesOf(row);
      return { rendering: rendering(row), color, values };
    });
}

/** The dashboard's metric math is arithmetic that JavaScript knows too, but for two functions. */
function evaluate(
  expression: string,
  ids: Readonly<Record<string, number | undefined>>,
  period: number,
): number | undefined {
  const names = Object.keys(ids);
  const compute = new Function('PERIOD', 'FILL', ...names, `return ${expression}`);
  const value: number = compute(
    () => period,
    (given: number | undefined, instead: number) => given ?? instead,
    ...names.map((name) => ids[name]),
  );
  return Number.isFinite(value) ? value : undefined;
}
