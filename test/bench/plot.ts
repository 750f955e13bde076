import type { Benchmark } from './benchmark.ts';
import { rowNames } from './contenders.ts';

const [width, labelWidth, valueWidth, top] = [760, 120, 110, 44];
const [barHeight, barGap] = [26, 10];

/** Length of a bar from 0 to 1, on a logarithmic scale. */
export function barLength(value: number, lowest: number, highest: number): number {
  const floor = Math.floor(Math.log10(lowest));
  return (Math.log10(value) - floor) / (Math.log10(highest) - floor);
}

/** Events per second of each row, as an SVG of bars on a logarithmic scale. */
export function plotBenchmark({ rows, node, cores }: Benchmark): string {
  const values = rowNames.map((name) => rows[name].eventsPerSecond);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const height = top + rowNames.length * (barHeight + barGap);
  const bars = rowNames.map((name, place) => {
    const value = values[place]!;
    const y = top + place * (barHeight + barGap);
    const room = width - labelWidth - valueWidth;
    const length = Math.max(2, Math.round(barLength(value, lowest, highest) * room));
    const middle = y + barHeight / 2;
    const color = name.startsWith('ours') ? '#d86613' : '#8a94a3';
    return [
      `  <text x="${labelWidth - 10}" y="${middle}" text-anchor="end">${name}</text>`,
      `  <rect x="${labelWidth}" y="${y}" width="${length}" height="${barHeight}" fill="${color}"/>`,
      `  <text x="${labelWidth + length + 8}" y="${middle}">${Math.round(value).toLocaleString('en-US')}</text>`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="14" dominant-baseline="central" role="img" aria-label="Events a second of each producer">`,
    `  <rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `  <text x="12" y="22" font-weight="bold">Events a second, logarithmic (Node ${node}, ${cores} cores)</text>`,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}
