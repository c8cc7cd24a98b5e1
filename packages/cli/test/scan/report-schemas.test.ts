import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { defaultLimits, makeReports, renderReports, rules, scan } from '@sallyport/scanner'
import { Compile } from 'typebox/schema'
import { usedSarif } from './used-sarif.ts'

const root = new URL('../../../../../', import.meta.url)
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), 'utf8'))
const golden = 'packages/scanner/test/golden/scan-report'

/** Fails with what does not fit. */
function assertFits(schema: unknown, value: unknown): void {
  const [fits, errors] = Compile(schema as object).Errors(value)
  assert.ok(fits, JSON.stringify(errors.slice(0, 5), undefined, 1))
}

async function ownReport(format: 'json' | 'sarif'): Promise<unknown> {
  const file = fileURLToPath(import.meta.url)
  const settings = { submittedAt: new Date(), releaseWindowDays: 60, limits: defaultLimits }
  const result = await scan(file, settings)
  const asking = { failOn: 'high', asked: rules, now: Date.now() } as const
  const { reports } = makeReports([{ file, result }], asking)
  return JSON.parse(renderReports(format, reports))
}

describe('the published schema of a report in JSON', () => {
  const schema = read('docs/reference/scan-report.schema.json')

  test('takes reports, one or several', async () => {
    const [plain, accepted] = [read(`${golden}.json`), read(`${golden}-accepted.json`)]
    for (const report of [plain, accepted, [plain, accepted], await ownReport('json')]) {
      assertFits(schema, report)
    }
  })

  test('refuses what a report is not', () => {
    const report = read(`${golden}.json`) as Record<string, unknown>
    const validator = Compile(schema as object)
    const wrong = [
      {},
      [],
      { ...report, schema: 'urn:sallyport:scan-report:2' },
      { ...report, findings: [{}] },
      { ...report, unknown: 1 },
    ]
    for (const value of wrong) assert.equal(validator.Check(value), false)
  })
})

describe('what is used of SARIF', () => {
  test('is what the standard and GitHub have, with the sample and with every real rule', async () => {
    for (const log of [read(`${golden}.sarif`), read(`${golden}-accepted.sarif`)]) {
      assertFits(usedSarif, log)
    }
    assertFits(usedSarif, await ownReport('sarif'))
  })

  test('is held against what reports write', () => {
    const log = read(`${golden}.sarif`) as { runs: { results: object[] }[] }
    const validator = Compile(usedSarif)
    const [run] = log.runs
    const [result] = run?.results ?? []
    const wrong = [
      { ...log, version: '2.0.0' },
      { ...log, runs: [{ ...run, results: [{ ...result, locations: [] }] }] },
      { ...log, runs: [{ ...run, results: [{ ...result, ruleid: 'SPS1001' }] }] },
    ]
    for (const value of wrong) assert.equal(validator.Check(value), false)
  })
})

describe('the schema of SARIF 2.1.0 as OASIS publishes it', () => {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache')
  const file = path.join(cache, 'sallyport-ci/sarif-2.1.0/sarif-schema-2.1.0.json')
  // There .ci/run fetches it, and a test that skips would go unnoticed.
  const isMissing = !existsSync(file) && process.env['CI'] !== 'true'
  const skip = isMissing && `it is not here: .ci/run fetches ${file}`

  test('takes every report, and refuses what is none', { skip }, async () => {
    // Its pattern for languages has a bracket too many, which no regular expression of Unicode takes.
    const text = readFileSync(file, 'utf8').replaceAll('{2}]?$"', '{2}$"')
    const schema: unknown = JSON.parse(text)
    const log = read(`${golden}.sarif`) as { runs: object[] }
    for (const each of [log, read(`${golden}-accepted.sarif`), await ownReport('sarif')]) {
      assertFits(schema, each)
    }
    const validator = Compile(schema as object)
    assert.equal(validator.Check({ ...log, version: '2.0.0' }), false)
    assert.equal(validator.Check({ ...log, runs: [{ ...log.runs[0], results: [{}] }] }), false)
  })
})
