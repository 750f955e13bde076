import { formatTable } from '../../lib/terminal/table.ts';

export type Table = readonly (readonly string[])[];

export interface Target {
  /** Such as `ours / batch, events/s ≥ 15`. */
  readonly target: string;
  readonly measured: string;
  readonly reached: boolean;
}

export interface Section {
  /** @default - continues the section before */
  readonly title?: string;
  readonly text?: string;
  readonly table: Table;
  readonly targets: readonly Target[];
}

export function atLeast(name: string, bound: number, value: number, digits = 0, unit = ''): Target {
  return { ...describe(name, '≥', bound, value, digits, unit), reached: value >= bound };
}

export function atMost(name: string, bound: number, value: number, digits = 0, unit = ''): Target {
  return { ...describe(name, '≤', bound, value, digits, unit), reached: value <= bound };
}

function describe(name: string, sign: string, bound: number, value: number, digits: number, unit: string) {
  const format = (number: number, maximumFractionDigits: number) =>
    `${number.toLocaleString('en-US', { maximumFractionDigits })}${unit && ` ${unit}`}`;
  return { target: `${name} ${sign} ${format(bound, 4)}`, measured: format(value, digits) };
}

export function targetTable(targets: readonly Target[]): Table {
  const rows = targets.map(({ target, measured, reached }) => [target, measured, reached ? 'yes' : 'NO']);
  return [['target', 'measured', 'reached'], ...rows];
}

export function formatSections(sections: readonly Section[]): string {
  const targets = targetTable(sections.flatMap((section) => section.targets));
  return [...sections.map(({ table }) => table), targets].map(formatTable).join('\n\n');
}

export function show(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
