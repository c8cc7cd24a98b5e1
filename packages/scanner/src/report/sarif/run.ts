import type { Location, NotChecked } from '../../finding.ts'
import { testsOf } from '../json-report.ts'
import type { Report, RuledFinding } from '../report.ts'
import { visible } from '../visible.ts'
import { gathered, noteOf, placeWords } from '../words.ts'
import { packageUri, type SarifArtifacts, sarifArtifacts } from './artifacts.ts'
import { descriptorOf, levels, type SarifRules, sarifRules } from './rules.ts'
import { referencesOf, taxonomies } from './taxonomies.ts'

/** GitHub shows these, and other readers are slow with more (microsoft/sarif-sdk#2380). */
const maxLocations = 10
/** As many as GitHub takes of a run. */
const maxResults = 25_000

export function sarifRun(report: Report): Record<string, unknown> {
  const findings = report.findings.slice(0, maxResults)
  const rules = sarifRules(findings, report)
  const artifacts = sarifArtifacts(report)
  const taxa = taxonomies(Object.values(report.asked))
  return {
    tool: {
      driver: {
        name: 'Sallyport scan',
        organization: 'Sallyport',
        rules: rules.descriptors,
        supportedTaxonomies: taxa.map(({ name, guid }) => ({
          name,
          ...(guid === undefined ? {} : { guid }),
        })),
      },
    },
    automationDetails: { id: `sallyport-scan/${automationName(report)}/` },
    invocations: [
      {
        executionSuccessful: report.unread.length === 0,
        toolExecutionNotifications: [
          ...leftOut(report.findings.length - maxResults),
          ...unreadParts(report.unread, artifacts),
          ...notifications(report.notChecked, artifacts),
        ],
      },
    ],
    results: findings.map((finding) => result(finding, report, rules, artifacts)),
    artifacts: artifacts.list(),
    taxonomies: taxa,
    columnKind: 'utf16CodeUnits',
    properties: { durationMs: report.durationMs },
  }
}

/** The same for every build of an app: an upload takes the place of the last one of that name. */
function automationName({ app, file }: Report): string {
  return app.id === undefined
    ? packageUri(file)
    : encodeURIComponent(visible(`${app.platform}-${app.id}`))
}

function result(
  finding: RuledFinding,
  report: Report,
  rules: SarifRules,
  artifacts: SarifArtifacts,
): Record<string, unknown> {
  const { locations, fingerprint, severity, confidence } = finding
  const descriptor = descriptorOf(finding)
  const { isNew } = finding
  return {
    ruleId: descriptor.id,
    ruleIndex: rules.indexOf(descriptor.id),
    level: levels[severity],
    message: { text: message(finding, report) },
    // Some readers refuse a result without a place, and a package always is one.
    locations: (locations.length === 0 ? [{ path: '' }] : locations)
      .slice(0, maxLocations)
      .map((location) => sarifLocation(location, artifacts)),
    partialFingerprints: {
      'sallyportFingerprint/v1': fingerprint,
      // The one that GitHub goes by: a hash, and which of those that have it.
      primaryLocationLineHash: `${fingerprint}:1`,
    },
    ...(isNew === undefined ? {} : { baselineState: isNew ? 'new' : 'unchanged' }),
    taxa: referencesOf(finding.about),
    properties: {
      severity,
      confidence,
      identity: finding.identity,
      mastg: testsOf(finding, report.app.platform),
      top10: finding.about.top10,
    },
  }
}

/** As plain text: brackets would be a link (2.1.0 §3.11.6). */
function message(finding: RuledFinding, report: Report): string {
  const { title, detail, fix, locations } = finding
  const note = noteOf(finding, report)
  const more = locations.length - maxLocations
  const sentences = [
    `${title}.`,
    detail,
    ...(note === undefined ? [] : [`${note}.`]),
    ...(more > 0 ? [`There are ${more} more places.`] : []),
    fix,
  ]
  return sentences.map((text) => visible(text).replace(/[\\[\]]/g, '\\$&')).join(' ')
}

function sarifLocation(location: Location, artifacts: SarifArtifacts): Record<string, unknown> {
  const { offset, within } = location
  return {
    physicalLocation: {
      artifactLocation: artifacts.locate(location.path),
      // Packages have no lines, and GitHub takes no place without one.
      region: { startLine: 1 },
    },
    message: { text: visible(placeWords(location)).replace(/[\\[\]]/g, '\\$&') },
    ...(within === undefined
      ? {}
      : { logicalLocations: [{ fullyQualifiedName: visible(within) }] }),
    ...(offset === undefined ? {} : { properties: { byteOffset: offset } }),
  }
}

function unreadParts(
  unread: readonly NotChecked[],
  artifacts: SarifArtifacts,
): Record<string, unknown>[] {
  return unread.map(({ path, why }) => {
    const text = `The package could not be read: ${visible(`${path}: ${why}`)}`
    return {
      level: 'error',
      message: { text: text.replace(/[\\[\]]/g, '\\$&') },
      locations: [{ physicalLocation: { artifactLocation: artifacts.locate(path) } }],
    }
  })
}

function leftOut(count: number): Record<string, unknown>[] {
  if (count <= 0) return []
  const text = `${count} findings, of the least severity, are left out: other formats have them.`
  return [{ level: 'warning', message: { text }, locations: [] }]
}

function notifications(
  notChecked: readonly NotChecked[],
  artifacts: SarifArtifacts,
): Record<string, unknown>[] {
  return gathered(notChecked).map(({ why, paths, count }) => ({
    level: 'note',
    message: { text: `Not checked (${count}): ${visible(why).replace(/[\\[\]]/g, '\\$&')}` },
    locations: paths.slice(0, maxLocations).map((path) => ({
      physicalLocation: { artifactLocation: artifacts.locate(path) },
    })),
  }))
}
