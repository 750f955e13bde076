import type { Benchmark } from './benchmark.ts';
import { rowNames } from './contenders.ts';

const [width, labelWidth, valueWidth, top] = [760, 160, 90, 44];
const [barHeight, barGap] = [26, 10];

/** Length of a bar from 0 to 1, on a logarithmic scale. */
export function barLength(value: number, lowest: number, highest: number): number {
  const floor = Math.floor(Math.log10(lowest));
  return (Math.log10(value) - floor) / (Math.log10(highest) - floor);
}

/** Events per second of each row, as an SVG of bars on a logarithmic axis, for light and dark pages. */
export function plotBenchmark({ rows, boto3, node, cores }: Benchmark): string {
  const figures = [
    ...(boto3 ? [['one-by-one in boto3', boto3] as const] : []),
    ...rowNames.map((name) => [name, rows[name]] as const),
  ];
  const values = figures.map(([, { eventsPerSecond }]) => eventsPerSecond);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const bottom = top + figures.length * (barHeight + barGap);
  const lengthOf = (value: number) =>
    Math.round(barLength(value, lowest, highest) * (width - labelWidth - valueWidth));
  const bars = figures.map(([name], place) => {
    const value = values[place]!;
    const y = top + place * (barHeight + barGap);
    const length = Math.max(2, lengthOf(value));
    const middle = y + barHeight / 2;
    return [
      `  <text x="${labelWidth - 10}" y="${middle}" text-anchor="end">${name}</text>`,
      `  <rect x="${labelWidth}" y="${y}" width="${length}" height="${barHeight}"${name.startsWith('ours') ? ' class="ours"' : ''}/>`,
      `  <text x="${labelWidth + length + 8}" y="${middle}">${format(value)}</text>`,
    ].join('\n');
  });
  const ticks = Array.from({ length: Math.floor(Math.log10(highest)) + 1 }, (_, decade) => 10 ** decade)
    .filter((tick) => tick >= 10 ** Math.floor(Math.log10(lowest)))
    .map((tick) => {
      const x = labelWidth + lengthOf(tick);
      return (
        `  <path d="M${x} ${top - 6}V${bottom}"/>` +
        `<text x="${x}" y="${bottom + 14}" text-anchor="middle">${format(tick)}</text>`
      );
    });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 34}" width="${width}" height="${bottom + 34}" font-family="sans-serif" font-size="14" dominant-baseline="central" role="img" aria-label="Events a second of each producer">`,
    `  <style>${style}</style>`,
    `  <text x="12" y="22" font-weight="bold">Events a second on loopback, logarithmic (Node ${node}, ${cores} cores)</text>`,
    ...ticks,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}

const style =
  'text{fill:#24292f}rect{fill:#8a94a3}.ours{fill:#d86613}path{stroke:#8a94a3;stroke-opacity:.4}' +
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}}';

function format(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
