import { createHash } from 'node:crypto'
import path from 'node:path'
import { countBySeverity, type Report } from '../report.ts'
import { gathered, issuedWords, packageFacts, type VerdictState, verdictOf } from '../words.ts'
import { coverageTable } from './coverage-table.ts'
import { findingEntry } from './finding-entry.ts'
import { type Html, html } from './html.ts'
import { style } from './style.ts'

/** One page that needs nothing else, and runs no script: a policy in it forbids that, whatever a package is called. */
export function htmlReport(reports: readonly Report[]): string {
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Scan of ${reports.map(({ file }) => file).join(', ')}</title>
`
  const body = html`</head>
<body>
<main>
${reports.map((report, index) => packagePart(report, `p${index + 1}`))}
</main>
<footer>
<p>Made by sallyport scan, which reads packages as they are shipped, and runs nothing of them. What it does not say is not proven to be well.</p>
</footer>
</body>
</html>
`
  // The hash is of the style as it stands here, unescaped.
  return `${page.text}<style>${style}</style>\n${body.text}`
}

const verdicts: Readonly<Record<VerdictState, string>> = {
  unread: 'Could not be read',
  fails: 'Fails',
  holds: 'Does not fail',
  'asked-nothing': 'Report only',
}

function packagePart(report: Report, id: string): Html {
  const { file, app, findings, known, suppressed } = report
  const verdict = verdictOf(report)
  const counts = countBySeverity(findings)
  return html`<article>
<header>
<h1>${path.basename(file)}</h1>
<p><span class="verdict ${verdict.state}">${verdicts[verdict.state]}</span> ${verdict.words}</p>
<dl>${packageFacts(app).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<ul class="counts">${counts.map(
    ([severity, count]) =>
      html`<li><a href="#${id}-${severity}"><span class="tag ${severity}">${severity}</span> ${count}</a></li>`,
  )}</ul>
</header>
${counts.map(
  ([severity, count]) => html`<section id="${id}-${severity}">
<h2><span class="tag ${severity}">${severity}</span> ${count}</h2>
${findings
  .filter((finding) => finding.severity === severity)
  .map((finding) => findingEntry(finding, report))}
</section>
`,
)}${findings.length === 0 ? html`<p>The rules that were asked found nothing${known.length + suppressed.length > 0 ? ' beyond what was accepted, below' : ''}. That is no proof that nothing is there.</p>` : undefined}
${issuedPart(report)}${acceptedPart(report)}${changesPart(report)}${notCheckedPart(report)}${coverageTable(report)}
</article>
`
}

function issuedPart({ issued }: Report): Html | undefined {
  if (issued === undefined) return undefined
  return html`<section>
<h2>Of your authority</h2>
${issued.length === 0 ? html`<p>None of the certificates in the package.</p>` : issued.map((one) => html`<p>${issuedWords(one)}</p>`)}
</section>
`
}

function acceptedPart({ suppressed, known }: Report): Html | undefined {
  if (suppressed.length + known.length === 0) return undefined
  return html`<section>
<h2>Accepted</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">Finding</th><th scope="col">Until</th><th scope="col">Who answers, and why</th></tr></thead>
<tbody>${suppressed.map(
    ({ finding: { severity, title, rule }, by }) =>
      html`<tr><td><span class="tag ${severity}">${severity}</span> ${title} <code>${rule}</code></td><td>${by.expires}</td><td>${by.owner}: ${by.reason}</td></tr>`,
  )}${known.map(
    ({ severity, title, rule }) =>
      html`<tr><td><span class="tag ${severity}">${severity}</span> ${title} <code>${rule}</code></td><td></td><td>In the baseline</td></tr>`,
  )}</tbody>
</table></div>
</section>
`
}

function changesPart({ changes }: Report): Html | undefined {
  if (changes === undefined) return undefined
  const { against, gone } = changes
  return html`<section>
<h2>Since ${against}</h2>
<p>${changes.new.length} new, ${gone.length} gone, ${changes.unchanged.length} unchanged.</p>
${gone.map(
  ({ severity, rule, title }) =>
    html`<p>Gone: <span class="tag ${severity}">${severity}</span> ${title} <code>${rule}</code></p>`,
)}</section>
`
}

function notCheckedPart({ notChecked }: Report): Html | undefined {
  if (notChecked.length === 0) return undefined
  const groups = gathered(notChecked)
  return html`<section>
<h2>Not checked</h2>
<p>What could not be looked into: findings there would not be seen.</p>
${groups.map(
  ({ why, paths, count }) => html`<details>
<summary>${why} <span class="dim">(${count})</span></summary>
<div class="body"><ul>${paths.map((path) => html`<li><code>${path}</code></li>`)}</ul></div>
</details>
`,
)}</section>
`
}
