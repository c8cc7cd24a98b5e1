import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AppConfig, AttestationStatus } from '@sallyport/authority'
import { appFindings, statusFindings } from '../../src/doctor/attestation-check.ts'

const app = (enrollment: object): AppConfig => {
  const usual = { mode: 'enforce', evidence: [], approval: 'none', enrollmentToken: 'optional' }
  return { enrollment: { ...usual, user: { mode: 'none' }, ...enrollment } } as unknown as AppConfig
}
const status = (members: object, statusList: object = {}): AttestationStatus => {
  const list = { ageSeconds: 7_200, tooOld: false, whenTooOld: 'refuse', ...statusList }
  return {
    needed: true,
    problems: [],
    ...members,
    statusList: list,
  } as unknown as AttestationStatus
}
const problem = (about: string, code: string) => {
  return { about, code, title: 'a title', detail: 'a detail', fix: 'a fix', since: '' }
}
const verdicts = (findings: { verdict: string }[]): string[] =>
  findings.map(({ verdict }) => verdict)

describe('doctor, of what apps ask of phones', () => {
  test('warns of an app in which whoever asks enrols', () => {
    assert.deepEqual(verdicts(appFindings('wallet', app({}))), ['warn'])
  })

  for (const enrollment of [
    { evidence: ['android-key'] },
    { approval: 'required' },
    { enrollmentToken: 'required' },
    { user: { mode: 'required' } },
  ]) {
    test(`says nothing where an app asks for ${Object.keys(enrollment)[0]}`, () => {
      assert.deepEqual(appFindings('wallet', app(enrollment)), [])
    })
  }

  test('warns of mode shadow, with the report to look at', () => {
    const [finding] = appFindings('wallet', app({ mode: 'shadow', evidence: ['android-key'] }))
    assert.match(finding?.fix ?? '', /attestation report --app wallet/)
  })

  test('warns that mode shadow asks for no token either', () => {
    const [finding] = appFindings('wallet', app({ mode: 'shadow', enrollmentToken: 'required' }))
    assert.match(finding?.found ?? '', /whoever asks enrols/)
  })
})

describe('doctor, of what evidence is judged by', () => {
  test('says how old the list is', () => {
    const [finding] = statusFindings(status({}))
    assert.equal(finding?.verdict, 'ok')
    assert.equal(finding?.found, '2 hours old')
  })

  test('says that there is no list where none is fetched, and no age of it', () => {
    const [finding] = statusFindings(status({}, { ageSeconds: null }))
    assert.equal(finding?.verdict, 'ok')
    assert.match(finding?.found ?? '', /there is none/)
  })

  test('says nothing where no app depends on it', () => {
    const problems = [problem('statusList', 'status_list_missing')]
    assert.deepEqual(statusFindings(status({ needed: false, problems })), [])
  })

  test('warns of receipts that are not refreshed also where no app takes Android evidence', () => {
    const problems = [problem('receipts', 'app_attest_refresh_unauthorized')]
    assert.deepEqual(verdicts(statusFindings(status({ needed: false, problems }))), ['warn'])
  })

  test('fails where phones are refused for it, and warns of what will be', () => {
    const missing = { problems: [problem('statusList', 'status_list_missing')] }
    const old = { tooOld: true }
    assert.deepEqual(verdicts(statusFindings(status(missing, old))), ['fail'])
    const allowed = { tooOld: true, whenTooOld: 'allow' }
    assert.deepEqual(verdicts(statusFindings(status(missing, allowed))), ['warn'])
    const unpinned = { problems: [problem('roots', 'root_unpinned')] }
    assert.deepEqual(verdicts(statusFindings(status(unpinned))), ['warn'])
  })
})
