/** The page's whole look: no font, no picture and no script from anywhere. */
export const STYLE_SHEET = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2127; --muted: #5f6b7a; --line: #d5dae1; --panel: #f5f7f9;
  --accent: #2563a8; --second: #b4541a; --bad: #b3261e; --warn: #8a5a00; --good: #1d6b3a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #e6e9ed; --muted: #9aa5b1; --line: #38414b; --panel: #1d232a;
    --accent: #6aa9f0; --second: #f0995c; --bad: #ff8a80; --warn: #f0c060; --good: #7fd39b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 46rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
a { color: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: 0; list-style: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; padding: 0; list-style: none; }
.tiles li { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; }
.tiles .name { display: block; color: var(--muted); font-size: .85rem; }
.tiles strong { display: block; font-size: 1.4rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tiles small { display: block; color: var(--muted); font-size: .75rem; line-height: 1.35; }
figure { margin: 1.5rem 0 2rem; }
figcaption { color: var(--muted); font-size: .9rem; margin: .25rem 0 .5rem; }
figcaption strong { color: var(--ink); }
.wide { overflow-x: auto; }
.chart { display: block; min-width: 34rem; width: 100%; height: auto; overflow: visible; background: none; color: var(--ink); font-size: 11px; }
.chart text { white-space: pre; }
summary { cursor: pointer; color: var(--muted); font-size: .9rem; }
table { border-collapse: collapse; font-size: .9rem; margin: .75rem 0; min-width: 60%; }
caption { text-align: left; color: var(--muted); font-size: .85rem; padding-bottom: .25rem; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); font-weight: normal; }
th:first-child { min-width: 6.5rem; } tbody th { white-space: pre-wrap; }
thead th { color: var(--muted); font-size: .8rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: .9rem; }
dt { color: var(--muted); } dd { margin: 0; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; font-size: .85rem; overflow-wrap: normal; }
pre code { white-space: pre; }
.note { color: var(--muted); }
.warning { border-left: 3px solid var(--warn); padding-left: .75rem; }
.hint { border-left: 3px solid var(--accent); padding-left: .75rem; }
.problem { border-left: 3px solid var(--warn); padding-left: .75rem; margin: 1.5rem 0; }
.problem.failure { border-color: var(--bad); }
.problem h3 { margin: 0; color: var(--warn); } .problem.failure h3 { color: var(--bad); }
.problem dl, .problem table { margin: .5rem 0; }
footer { margin-top: 3rem; color: var(--muted); font-size: .85rem; }
@media (max-width: 40rem) {
  body { padding-top: 1rem; } .tiles { grid-template-columns: repeat(2, 1fr); }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --muted: #444; --line: #bbb; --panel: #fff; --accent: #2563a8; --second: #b4541a; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, .skip, details:not([open]) { display: none; }
  figure, .problem, tr, .tiles li { break-inside: avoid; }
  h2 { break-after: avoid; } .wide { overflow: visible; } .chart { min-width: 0; }
}
`
