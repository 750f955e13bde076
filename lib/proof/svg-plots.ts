import { niceCeiling, shortNumber, ticks } from '../terminal/scale.ts';
import { formatNumber } from '../terminal/text.ts';
import type { ObjectCount, ValueCount } from './proof.ts';
import { formatDuration } from './summary.ts';

const [width, height] = [640, 260];
const frame = { left: 56, right: 12, top: 16, bottom: 46 } as const;
const [innerWidth, innerHeight] = [width - frame.left - frame.right, height - frame.top - frame.bottom];

const maxBars = 40;

/** More corners than a screen has columns. */
const maxCorners = 1_000;

/** Height of a plot, relative to its content. */
const headroom = 1.06;

/** From values to pixels. */
type Scale = (value: number) => number;

/**
 * Two cumulative curves over time: events generated, by the time in them, and events landed, by the time of their objects;
 * and a line for the expected events.
 *
 * @returns SVG, coloured by the page's classes `expected`, `generated` and `landed`; empty without events.
 */
export function landingPlot(
  expected: number,
  eventTimes: readonly ValueCount[],
  objectCounts: readonly ObjectCount[],
): string {
  const landings = objectCounts.map(({ landedAt, events }): ValueCount => [Date.parse(landedAt), events]);
  const generated = cumulate(eventTimes);
  const landed = cumulate(landings.filter(([timeMs, events]) => events > 0 && !Number.isNaN(timeMs)));
  const [first, last] = [generated[0], landed.at(-1)];
  if (first === undefined || last === undefined) {
    return '';
  }

  const firstMs = Math.min(first[0], landed[0]![0]);
  // With room on the right, so that the last landing is a step, not the edge.
  const spanMs = (Math.max(generated.at(-1)![0], last[0], firstMs + 1_000) - firstMs) * headroom;
  const x: Scale = (timeMs) => frame.left + ((timeMs - firstMs) / spanMs) * innerWidth;
  const yTop = Math.max(expected, last[1]) * headroom;
  const y: Scale = (events) => frame.top + innerHeight - (events / yTop) * innerHeight;
  const xTicks = timeTicks(0, spanMs / 1_000).map(
    ([seconds, text]): Label => [x(firstMs + seconds * 1_000), text],
  );
  return plot('Events generated and events landed, cumulated over time', [
    ...axes(
      xTicks,
      eventTicks(yTop, y),
      `since ${new Date(firstMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    ),
    `<line class="expected" x1="${frame.left}" x2="${width - frame.right}" y1="${round(y(expected))}" y2="${round(y(expected))}"/>`,
    curve('generated', generated, x, y, firstMs + spanMs),
    curve('landed', landed, x, y, firstMs + spanMs),
  ]);
}

/**
 * A histogram of latencies.
 *
 * @param marks Values to mark, such as p50.
 * @returns SVG; empty if it had a single bar.
 */
export function latencyPlot(
  latencies: readonly ValueCount[],
  marks: Readonly<Record<string, number | null>>,
): string {
  const [first, last] = [latencies[0], latencies.at(-1)];
  if (first === undefined || last === undefined) {
    return '';
  }
  const widthMs = niceCeiling(Math.max(last[0] - Math.min(0, first[0]), 1_000) / maxBars);
  const firstBar = Math.min(0, Math.floor(first[0] / widthMs));
  const bars = new Array<number>(Math.floor(last[0] / widthMs) - firstBar + 1).fill(0);
  for (const [latencyMs, count] of latencies) {
    bars[Math.floor(latencyMs / widthMs) - firstBar]! += count;
  }
  if (bars.filter(Boolean).length === 1) {
    return '';
  }

  const [startMs, spanMs] = [firstBar * widthMs, bars.length * widthMs * headroom];
  const x: Scale = (latencyMs) => frame.left + ((latencyMs - startMs) / spanMs) * innerWidth;
  const yTop = bars.reduce((a, b) => Math.max(a, b), 0) * headroom;
  const y: Scale = (events) => frame.top + innerHeight - (events / yTop) * innerHeight;
  const xTicks = timeTicks(startMs / 1_000, spanMs / 1_000).map(
    ([seconds, text]): Label => [x(seconds * 1_000), text],
  );
  return plot('Number of events by latency, from generation to landing', [
    ...axes(xTicks, eventTicks(yTop, y), 'from generation to landing'),
    ...bars.map((events, bar) => {
      if (events === 0) {
        return '';
      }
      const [from, to] = [startMs + bar * widthMs, startMs + (bar + 1) * widthMs];
      // A single event among millions is visible.
      const barHeight = Math.max(1.5, frame.top + innerHeight - y(events));
      return (
        `<rect class="bar" x="${round(x(from) + 0.5)}" y="${round(frame.top + innerHeight - barHeight)}" ` +
        `width="${round(Math.max(1, x(to) - x(from) - 1))}" height="${round(barHeight)}">` +
        `<title>${formatDuration(from)} to ${formatDuration(to)}: ${formatNumber(events)} events</title></rect>`
      );
    }),
    ...Object.entries(marks).map(([name, latencyMs], order) =>
      latencyMs === null ? '' : mark(name, x(latencyMs), frame.top + 6 + order * 18),
    ),
  ]);
}

type Label = readonly [position: number, text: string];

function plot(title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${parts.join('')}</svg>`;
}

function axes(xLabels: readonly Label[], yLabels: readonly Label[], xTitle: string): string[] {
  const bottom = frame.top + innerHeight;
  return [
    ...yLabels.map(
      ([at, text]) =>
        `<line class="grid" x1="${frame.left}" x2="${width - frame.right}" y1="${round(at)}" y2="${round(at)}"/>` +
        `<text class="label" x="${frame.left - 6}" y="${round(at + 4)}" text-anchor="end">${text}</text>`,
    ),
    ...xLabels.map(
      ([at, text]) =>
        `<text class="label" x="${round(at)}" y="${bottom + 18}" text-anchor="${at > width - 40 ? 'end' : 'middle'}">${text}</text>`,
    ),
    `<text class="label" x="${width - frame.right}" y="${height - 6}" text-anchor="end">${xTitle}</text>`,
  ];
}

function curve(name: string, points: readonly ValueCount[], x: Scale, y: Scale, endMs: number): string {
  const step = Math.ceil(points.length / maxCorners);
  const shown = points.filter((_, order) => order % step === 0 || order === points.length - 1);
  const [startMs] = shown[0]!;
  const path = shown.map(([timeMs, events]) => `H${round(x(timeMs))}V${round(y(events))}`).join('');
  return `<path class="${name}" d="M${round(x(startMs))} ${round(y(0))}${path}H${round(x(endMs))}"/>`;
}

function mark(name: string, x: number, y: number): string {
  const isRight = x > width - 70;
  return (
    `<line class="mark" x1="${round(x)}" x2="${round(x)}" y1="${y - 8}" y2="${frame.top + innerHeight}"/>` +
    `<text class="mark-label" x="${round(x + (isRight ? -4 : 4))}" y="${y}" text-anchor="${isRight ? 'end' : 'start'}">${name}</text>`
  );
}

function eventTicks(top: number, y: Scale): Label[] {
  return ticks(top, 4)
    .filter(Number.isInteger)
    .map((events) => [y(events), shortNumber(events)]);
}

/** Distances between two ticks, in seconds. */
const timeSteps = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
];

/** At most seven ticks. */
function timeTicks(startSeconds: number, spanSeconds: number): Label[] {
  const step = timeSteps.find((candidate) => candidate >= spanSeconds / 6) ?? niceCeiling(spanSeconds / 6);
  const [unit, divisor] = step >= 3_600 ? ['h', 3_600] : step >= 60 ? ['min', 60] : ['s', 1];
  const labels: Label[] = [];
  for (let tick = Math.ceil(startSeconds / step); tick * step <= startSeconds + spanSeconds; tick += 1) {
    labels.push([tick * step, `${Number(((tick * step) / divisor).toFixed(3))} ${unit}`]);
  }
  return labels;
}

function cumulate(tallies: readonly ValueCount[]): ValueCount[] {
  let sum = 0;
  return tallies.map(([value, count]): ValueCount => {
    sum += count;
    return [value, sum];
  });
}

function round(value: number): number {
  return Number(value.toFixed(1));
}
