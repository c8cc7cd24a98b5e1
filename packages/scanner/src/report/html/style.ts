/** The style of the page, in it. Light and dark as the system is; from 320 px; on paper everything is open. */
export const style = `
:root { color-scheme: light dark; --text: #1b1f24; --dim: #57606a; --page: #fff; --box: #f6f8fa; --line: #d0d7de;
  --critical: #a40e26; --high: #b3261e; --medium: #7d4e00; --low: #0b5cad; --info: #57606a; --ok: #116329; --on: #fff; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --dim: #9ea7b3; --page: #0d1117; --box: #161b22;
  --line: #3d444d; --critical: #ff9492; --high: #ffaba8; --medium: #f0b429; --low: #79c0ff; --info: #9ea7b3;
  --ok: #56d364; --on: #0d1117; } }
* { box-sizing: border-box }
body { margin: 0; color: var(--text); background: var(--page); font: 1rem/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere }
main, footer { max-width: 76rem; margin: 0 auto; padding: 1rem clamp(0.75rem, 3vw, 2rem) }
article > header { padding-top: 1rem }
article + article { margin-top: 3rem; border-top: 4px solid var(--line) }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.5rem }
h2 { font-size: 1.2rem; margin: 2rem 0 0.75rem; border-bottom: 1px solid var(--line); padding-bottom: 0.25rem }
p { margin: 0 0 0.75rem; max-width: 80ch }
a { color: var(--low) }
code, pre { font: 0.9rem/1.45 ui-monospace, monospace }
pre { margin: 0; padding: 0.5rem 0.75rem; background: var(--page); border: 1px solid var(--line); border-radius: 4px;
  white-space: pre-wrap }
.verdict { display: inline-block; padding: 0.15rem 0.75rem; border-radius: 1rem; font-weight: 700; color: var(--on) }
.fails, .unread { background: var(--critical) } .holds { background: var(--ok) }
.asked-nothing { background: var(--info) }
.counts { display: flex; flex-wrap: wrap; gap: 0.5rem; list-style: none; margin: 1rem 0; padding: 0 }
.counts a { display: block; padding: 0.25rem 0.75rem; border: 1px solid var(--line); border-radius: 4px;
  text-decoration: none; background: var(--box) }
.tag { font-weight: 700; text-transform: uppercase; font-size: 0.8rem; letter-spacing: 0.04em; white-space: nowrap }
.critical { color: var(--critical) } .high { color: var(--high) } .medium { color: var(--medium) }
.low { color: var(--low) } .info { color: var(--info) }
dl { display: grid; grid-template-columns: fit-content(12rem) minmax(0, 1fr); gap: 0.35rem 1rem; margin: 0 }
dt { color: var(--dim) } dd { margin: 0; min-width: 0 } dd ul { margin: 0; padding: 0; list-style: none }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0 0 0.75rem; background: var(--box) }
details details { background: var(--page) }
summary { padding: 0.6rem 0.9rem; cursor: pointer }
summary:focus-visible, a:focus-visible { outline: 3px solid var(--low); outline-offset: 2px }
summary .title { font-weight: 600 }
summary code { color: var(--dim) }
details > .body { padding: 0.25rem 0.9rem 0.9rem; border-top: 1px solid var(--line) }
.body > dl { padding-top: 0.6rem }
.body > .note { border-left: 4px solid var(--medium); padding-left: 0.75rem; margin: 0.6rem 0 0 }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line) }
.dim, footer { color: var(--dim) }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: 0.5rem }
  td, th { overflow-wrap: normal } }
@media print { body { font-size: 10pt } details { break-inside: avoid-page; background: none }
  details::details-content { content-visibility: visible; display: block } .counts { display: none } }
`
