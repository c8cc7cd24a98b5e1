import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rules } from '../../src/rules.ts'
import { ruleCodes } from '../../src/report/sarif/rule-codes.ts'
import { sarifReport } from '../../src/report/sarif/sarif-report.ts'
import { acceptedReport, sampleReport, sampleResult } from './sample.ts'

type Reference = { id: string; toolComponent: { name: string; guid?: string } }
type Run = {
  tool: { driver: { rules: { id: string; properties: Record<string, unknown> }[] } }
  results: {
    ruleId: string
    ruleIndex: number
    message: { text: string }
    locations: {
      physicalLocation: {
        artifactLocation: { uri: string; index: number }
        region: { startLine: number }
      }
    }[]
    partialFingerprints: Record<string, string>
    baselineState?: string
    taxa: Reference[]
  }[]
  artifacts: { location: { uri: string; index: number }; parentIndex?: number }[]
  taxonomies: { name: string; guid?: string; taxa: { id: string }[] }[]
  automationDetails: { id: string }
}

function runOf(report = sampleReport()): Run {
  const { runs } = JSON.parse(sarifReport([report])) as { runs: Run[] }
  return runs[0] as Run
}

test('every result names a rule that is there, and at most ten places that are listed', () => {
  const { results, tool, artifacts } = runOf()
  assert.equal(results.length, 5)
  for (const { ruleId, ruleIndex, locations } of results) {
    assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId)
    assert.ok(locations.length >= 1 && locations.length <= 10)
    for (const { physicalLocation } of locations) {
      const { uri, index } = physicalLocation.artifactLocation
      assert.equal(artifacts[index]?.location.uri, uri)
      assert.equal(physicalLocation.region.startLine, 1)
    }
  }
})

test('entries of whatever name are relative references below the package', () => {
  for (const { location } of runOf().artifacts) {
    assert.match(location.uri, /^app-release\.apk(?:!\/(?:[A-Za-z0-9._~!'()*/-]|%[0-9A-F]{2})+)?$/)
    assert.equal(new URL(location.uri, 'file:///repository/').origin, 'null')
    assert.ok(new URL(location.uri, 'file:///repository/').pathname.startsWith('/repository/app-'))
  }
})

test('a path that climbs does not leave the package', () => {
  const findings = sampleResult.findings.map((finding) => ({
    ...finding,
    locations: [{ path: '../../../etc/passwd' }, { path: 'http://evil.example/%2e%2e/x' }],
  }))
  const report = sampleReport()
  const made = {
    ...report,
    findings: report.findings.map((one, at) => ({
      ...one,
      locations: findings[at]?.locations ?? [],
    })),
  }
  for (const { location } of runOf(made).artifacts) {
    const { pathname } = new URL(location.uri, 'file:///repository/')
    assert.ok(pathname.startsWith('/repository/app-release.apk'), location.uri)
  }
})

test('taxa are those of the taxonomies, and MASVS has the GUID that OWASP gave it', () => {
  const { results, taxonomies } = runOf()
  const masvs = taxonomies.find(({ guid }) => guid === '77cf1749-d61e-4cfe-98f7-a217e3b5448c')
  assert.equal(masvs?.name, 'OWASP MASVS')
  for (const { id, toolComponent } of results.flatMap(({ taxa }) => taxa)) {
    const taxonomy = taxonomies.find(({ name }) => name === toolComponent.name)
    assert.equal(taxonomy?.guid, toolComponent.guid)
    assert.ok(
      taxonomy?.taxa.some((taxon) => taxon.id === id),
      id,
    )
  }
})

test('fingerprints do not depend on where a finding lies', () => {
  for (const { partialFingerprints } of runOf().results) {
    const own = partialFingerprints['sallyportFingerprint/v1'] ?? ''
    assert.match(own, /^[0-9a-f]{32}$/)
    assert.equal(partialFingerprints['primaryLocationLineHash'], `${own}:1`)
  }
})

test('a finding whose severity is not that of its rule has a rule of its own', () => {
  const report = sampleReport()
  const [first, ...others] = report.findings
  assert.ok(first)
  const run = runOf({ ...report, findings: [{ ...first, severity: 'low' }, ...others] })
  assert.equal(run.results[0]?.ruleId, 'SPS1001/low')
  const rule = run.tool.driver.rules.find(({ id }) => id === 'SPS1001/low')
  assert.equal(rule?.properties['security-severity'], '2.0')
})

test('what is accepted is left out, and a comparison says what is new', () => {
  const { results } = runOf(acceptedReport())
  assert.deepEqual(
    results.map(({ ruleId, baselineState }) => [ruleId, baselineState]),
    [
      ['SPS1001', 'new'],
      ['SPS2007', 'unchanged'],
      ['SPS3002', 'unchanged'],
    ],
  )
})

test('brackets in a message make no link', () => {
  const texts = runOf().results.map(({ message }) => message.text)
  assert.ok(texts.some((text) => text.includes('\\[a\\](http')))
  for (const text of texts) assert.doesNotMatch(text, /(?<!\\)[[\]]/)
})

test('an app keeps its category, whatever its file is called', () => {
  const report = sampleReport()
  const id = 'sallyport-scan/android-com.example.bank/'
  assert.equal(runOf(report).automationDetails.id, id)
  assert.equal(runOf({ ...report, file: '/elsewhere/x.apk' }).automationDetails.id, id)
})

test('every rule has a code of its own', () => {
  for (const rule of Object.keys(rules)) assert.ok(Object.hasOwn(ruleCodes, rule), rule)
  const codes = Object.values(ruleCodes)
  assert.equal(new Set(codes).size, codes.length)
  for (const code of codes) assert.match(code, /^SPS\d{4}$/)
})
