import type { Location } from '../../finding.ts'
import { testsOf } from '../json-report.ts'
import { weaknesses } from '../maswe.ts'
import { isFailing, type Report, type RuledFinding } from '../report.ts'
import { noteOf, placeWords, reproduceLines } from '../words.ts'
import { purposeName } from '../../keys/purpose-names.ts'
import { type Html, html } from './html.ts'

const shownPlaces = 6
/** More are in the report in JSON. */
const maxPlaces = 100

/** A finding, folded; those that fail the scan are open. */
export function findingEntry(finding: RuledFinding, report: Report): Html {
  const { title, rule, confidence, detail, fix, fingerprint, about } = finding
  const reproduce = reproduceLines(finding, report)
  const note = noteOf(finding, report)
  const isOpen = isFailing(finding, report)
  return html`<details${isOpen ? html` open` : undefined}>
<summary><span class="title">${title}</span> <code>${rule}</code></summary>
<div class="body">
${note === undefined ? undefined : html`<p class="note">${note}</p>`}<dl>
<dt>Where</dt><dd>${places(finding)}</dd>
<dt>Why</dt><dd><p>${detail}</p><p class="dim">${about.meaning}</p></dd>
<dt>Fix</dt><dd><p>${fix}</p></dd>
${
  reproduce.length === 0
    ? undefined
    : html`<dt>See it again</dt><dd>${reproduce.map((line) => html`<pre>${line}</pre>`)}</dd>
`
}${factRows(finding)}<dt>Known as</dt><dd>${classes(finding, report)}</dd>
<dt>How sure</dt><dd>${confidence}</dd>
<dt>Fingerprint</dt><dd><code>${fingerprint}</code></dd>
</dl>
</div>
</details>
`
}

function places({ locations }: RuledFinding): Html {
  const folded = locations.slice(shownPlaces, maxPlaces)
  const left = locations.length - maxPlaces
  return html`${list(locations.slice(0, shownPlaces))}${
    folded.length === 0
      ? undefined
      : html`<details>
<summary>${locations.length - shownPlaces} more</summary>
<div class="body">${list(folded)}${left > 0 ? html`<p>and ${left} more</p>` : undefined}</div>
</details>
`
  }`
}

function list(locations: readonly Location[]): Html {
  return html`<ul>${locations.map((place) => html`<li><code>${placeWords(place)}</code></li>`)}</ul>`
}

type Fact = NonNullable<RuledFinding['facts']>[string]

/** What JSON calls them is for programs. */
const factNames: Readonly<Record<string, string>> = {
  issuedBy: 'issued by',
  thumbprint: 'SHA-256 of the certificate',
  spkiSha256: 'SHA-256 of the public key',
  notBefore: 'valid from',
  notAfter: 'valid until',
  extendedKeyUsage: 'may be used for',
}

function factRows({ facts = {} }: RuledFinding): Html[] {
  const isTold = (value: Fact) => typeof value !== 'object' || value.length > 0
  const told = Object.entries(facts).filter(([, value]) => isTold(value))
  return told.map(([name, value]) => {
    const words = factWords(name === purposes ? named(value) : value)
    return html`<dt>${factNames[name] ?? name}</dt><dd>${words}</dd>
`
  })
}

const purposes = 'extendedKeyUsage'

/** OIDs by their names, where they have one. */
function named(value: Fact): Fact {
  if (typeof value !== 'object') return value
  return value.map((oid) => (purposeName(oid) === oid ? oid : `${purposeName(oid)} (${oid})`))
}

function factWords(value: Fact): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'object' ? value.join(', ') : String(value)
}

function classes(finding: RuledFinding, { app }: Report): string {
  const { masvs, maswe, cwe, top10 } = finding.about
  const named = [
    ...masvs,
    ...maswe.map(({ id, betaIds }) => {
      const title = weaknesses[id]?.title ?? ''
      const before = betaIds.length === 0 ? '' : `, in the beta ${betaIds.join(' and ')}`
      return `${id} ${title} (MASWE 1.0${before})`
    }),
    ...testsOf(finding, app.platform),
    ...cwe.map((number) => `CWE-${number}`),
    ...top10.map((id) => `Mobile Top 10 ${id}`),
  ]
  return named.length === 0 ? '–' : named.join(' · ')
}
