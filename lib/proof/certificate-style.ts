/** The style sheet of the certificate. */
export const style = `
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
.tiles { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(max(8.6rem, var(--least)), 1fr)); gap: .6rem; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .7rem .9rem; display: grid; align-content: start; }
.tiles span { color: var(--soft); font-size: .85rem; }
.tiles strong { font-size: 1.2rem; font-variant-numeric: tabular-nums; line-height: 1.3; }
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
