import { type ControlCoverage, masvsCoverage } from '../masvs.ts'
import type { Report } from '../report.ts'
import { type Html, html } from './html.ts'

/** Each control of MASVS, and what the scan says of it. */
export function coverageTable(report: Report): Html {
  const coverage = masvsCoverage(report)
  return html`<section>
<h2>MASVS 2.1</h2>
<p>What was found, by control of the OWASP standard for mobile apps. Nothing found is no proof that a control is met: a part of what it demands shows in a package, and most of the rest only when the app runs.</p>
<details>
<summary>${summary(coverage)}</summary>
<div class="body scroll"><table>
<thead><tr><th scope="col">Control</th><th scope="col">Scan</th><th scope="col">Rules</th></tr></thead>
<tbody>${coverage.map(
    ({ control, demands, state, findings, rules }) => html`<tr>
<td><strong>${control.replace('MASVS-', '')}</strong><br><span class="dim">${demands}</span></td>
<td>${state === 'findings' ? html`<strong>${findings} found</strong>` : stateWords[state]}</td>
<td>${rules.map((rule, index) => html`${index > 0 ? ', ' : ''}<code>${rule}</code>`)}</td>
</tr>
`,
  )}</tbody>
</table></div>
</details>
</section>
`
}

const stateWords: Readonly<Record<ControlCoverage['state'], string>> = {
  findings: 'found',
  'nothing-found': 'nothing found',
  'not-covered': 'not covered by this scanner',
}

function summary(coverage: readonly ControlCoverage[]): string {
  const count = (state: ControlCoverage['state']) =>
    coverage.filter((control) => control.state === state).length
  return `Findings in ${count('findings')} of ${coverage.length} controls, nothing found in ${count('nothing-found')}, ${count('not-covered')} not covered`
}
