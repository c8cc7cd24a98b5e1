import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { stringify } from 'yaml'
import { reportText } from '../../src/assess/report-text.ts'
import type { AssessmentReport } from '../../src/assess/report.ts'
import { questionNames } from '../../src/assess/questions.ts'
import { assertGolden } from '../golden.ts'
import { newFolder, sallyport } from '../sallyport.ts'
import { personas } from './personas.ts'

const folder = newFolder()

function answersFile(name: string, text: string): string {
  const file = path.join(folder, `${name}.yaml`)
  writeFileSync(file, text)
  return file
}

const verdicts = {
  bank: { verdict: 'both', devices: 'some-routes', otherHost: false },
  hospital: { verdict: 'both', devices: 'all-routes', otherHost: false },
  startup: { verdict: 'tokens', devices: 'none', otherHost: false },
  saas: { verdict: 'both', devices: 'some-routes', otherHost: true },
  internal: { verdict: 'both', devices: 'all-routes', otherHost: true },
} as const

for (const [name, answers] of Object.entries(personas)) {
  test(`assess advises the ${name} as a person would`, async () => {
    const file = answersFile(name, stringify(answers))
    const printed = await sallyport(['assess', file])
    assert.equal(printed.code, 0, printed.stderr)
    assertGolden(`assess-${name}.txt`, printed.stdout)

    const asJson = await sallyport(['assess', file, '--json'])
    const report = JSON.parse(asJson.stdout) as AssessmentReport
    const { verdict, shape } = report
    assert.deepEqual(
      { verdict, devices: shape.devices, otherHost: shape.otherHost },
      verdicts[name as keyof typeof verdicts],
    )
    assert.ok(printed.stdout.endsWith(report.configuration))
    const advice = reportText(report, (_, text) => text)
    for (const line of advice.split('\n')) assert.ok(line.length <= 80, line)
  })
}

test('assess --template prints a file that assess takes, with every question', async () => {
  const { stdout } = await sallyport(['assess', '--template'])
  assertGolden('assess-template.yaml', stdout)
  for (const name of questionNames) assert.match(stdout, new RegExp(`^${name}: `, 'm'))
  const file = answersFile('template', stdout)
  const taken = await sallyport(['assess', file, '--json'])
  assert.equal(taken.code, 0, taken.stderr)
  assert.deepEqual((JSON.parse(taken.stdout) as AssessmentReport).assumed, [])
  const usual = await sallyport(['assess', '--yes', '--json'])
  assert.equal(usual.code, 0, usual.stderr)
  assert.deepEqual((JSON.parse(usual.stdout) as AssessmentReport).assumed, questionNames)
})

test('assess names what is not known, and asks to find it out', async () => {
  const { stdout } = await sallyport([
    'assess',
    answersFile('unsure', 'harm: not-sure\nmdm: not-sure\n'),
  ])
  assert.match(stdout, /Find out, and ask again: harm, mdm\./)
})

test('assess --output writes a file that is valid where init has been, and never over anything', async () => {
  const directory = path.join(folder, 'production')
  const names = 'names: { trustDomain: example.org, appId: clinic }\n'
  const answers = answersFile('named', stringify(personas.hospital) + names)
  const words = [
    '--trust-domain',
    'example.org',
    '--app-id',
    'clinic',
    '--passphrase-file',
    '--yes',
  ]
  assert.equal((await sallyport(['init', '--dir', directory, ...words])).code, 0)
  const output = path.join(directory, 'assessed.yaml')
  const written = await sallyport(['assess', answers, '--output', output])
  assert.equal(written.code, 0, written.stderr)
  assert.match(written.stderr, /config validate/)
  assert.doesNotMatch(written.stdout, /trustDomain:/)
  const validated = await sallyport(['config', 'validate', '--config', output, '--json'])
  assert.deepEqual(JSON.parse(validated.stdout), { ok: true, file: output, insecure: [] })

  const before = readFileSync(output, 'utf8')
  const again = await sallyport(['assess', answers, '--output', output])
  assert.equal(again.code, 2)
  assert.equal(readFileSync(output, 'utf8'), before)
})

describe('assess refuses', () => {
  const refusals = [
    { text: 'audience: consumers\nfleat: mixed\n', says: /refused\.yaml:2:1: .*fleat[^]*fleet/ },
    { text: 'mdm: al\n', says: /refused\.yaml:1:1: [^]*all/ },
    { text: 'names: { trustDomain: Example }\n', says: /refused\.yaml:1:10/ },
    { text: 'names: { upstream: "http://it\'s" }\n', says: /refused\.yaml:1:10: .*upstream/ },
    { text: 'names: { upstream: "http://a, b" }\n', says: /refused\.yaml:1:10: .*upstream/ },
    { text: 'names: { upstream: "http://a]\\n#" }\n', says: /refused\.yaml:1:10: .*upstream/ },
    { text: 'names: { apiHost: "a.b: {}" }\n', says: /refused\.yaml:1:10: .*apiHost/ },
    { text: 'names: { appId: "x\\ny: z" }\n', says: /refused\.yaml:1:10: .*appId/ },
    { text: 'harm: [\n', says: /refused\.yaml:2:1/ },
  ]
  for (const { text, says } of refusals) {
    test(JSON.stringify(text), async () => {
      const output = path.join(folder, 'none.yaml')
      const refused = await sallyport(['assess', answersFile('refused', text), '--output', output])
      assert.equal(refused.code, 2)
      assert.match(refused.stderr, says)
      assert.equal(existsSync(output), false)
    })
  }

  test('to guess where there is nobody to ask', async () => {
    const refused = await sallyport(['assess'])
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /--template/)
  })
})
