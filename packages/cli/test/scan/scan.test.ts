import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  type Development,
  endLeftOver,
  newFolder,
  type Ran,
  sallyport,
  startDev,
} from '../sallyport.ts'

after(endLeftOver)

type Found = { rule: string; fingerprint: string; identity: string }
type Document = {
  schema: string
  file: string
  findings: Found[]
  known: Found[]
  suppressed: Found[]
  changes: { new: string[]; gone: Found[]; unchanged: string[] }
  issued: { deviceId: string; hasKey: boolean; revoke: string }[]
}

describe('scan', () => {
  const folder = newFolder()
  const leaky = path.join(folder, 'leaky')
  const clean = path.join(folder, 'clean')
  let dev: Development

  const run = (...args: string[]): Promise<Ran> => sallyport(['scan', ...args], { cwd: folder })
  const report = async (...args: string[]): Promise<Document> => {
    const { stdout, stderr } = await run(...args, '--format', 'json')
    assert.notEqual(stdout, '', stderr)
    return JSON.parse(stdout) as Document
  }
  const written = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text)
    return name
  }
  const suppression = async (changed: Record<string, string>): Promise<string> => {
    const [found] = (await report(leaky)).findings
    const entry = {
      fingerprint: found?.fingerprint,
      reason: 'for a test',
      owner: 'tests',
      expires: '2999-12-31',
      ...changed,
    }
    return JSON.stringify({ suppressions: [entry] })
  }

  before(async () => {
    dev = await startDev(path.join(folder, 'dev'))
    mkdirSync(leaky)
    mkdirSync(clean)
    cpSync(dev.facts.device.certificateFile, path.join(leaky, 'client.crt'))
    cpSync(dev.facts.device.keyFile, path.join(leaky, 'client.key'))
    writeFileSync(path.join(clean, 'readme.txt'), 'nothing to see')
  })
  after(() => dev.end())

  test('a certificate with its key fails, and the last line says what to do', async () => {
    const { code, stdout, stderr } = await run(leaky)
    assert.equal(code, 1)
    assert.match(stdout, /^CRITICAL /m)
    assert.match(stderr, /Begin with client-identity: docs\/guide\/scanning\.md/)
  })

  test('nothing found is exit code 0, and so is --fail-on never', async () => {
    assert.equal((await run(clean)).code, 0)
    assert.equal((await run(leaky, '--fail-on', 'never')).code, 0)
  })

  test('no report holds the key', async () => {
    const key = readFileSync(dev.facts.device.keyFile, 'utf8').split('\n')[1] ?? ''
    for (const format of ['text', 'json', 'sarif', 'html', 'junit']) {
      const { stdout } = await run(leaky, '--format', format)
      assert.ok(stdout.length > 500 && !stdout.includes(key.slice(0, 24)), format)
    }
  })

  test('a file that cannot be read is exit code 3, and the others are reported', async () => {
    const { code, stdout, stderr } = await run('nowhere.apk', clean, '--json')
    assert.equal(code, 3)
    assert.match(stderr, /nowhere\.apk/)
    assert.equal((JSON.parse(stdout) as Document).file, clean)
  })

  test('of several files the JSON is an array', async () => {
    const { stdout } = await run(clean, leaky, '--json')
    assert.deepEqual(
      (JSON.parse(stdout) as Document[]).map(({ file }) => file),
      [clean, leaky],
    )
  })

  test('--output writes the file, whole, and nothing to stdout', async () => {
    const target = path.join(folder, 'reports', 'scan.sarif')
    const { code, stdout } = await run(leaky, '--format', 'sarif', '--output', target)
    assert.deepEqual([code, stdout], [1, ''])
    assert.equal((JSON.parse(readFileSync(target, 'utf8')) as { version: string }).version, '2.1.0')
    assert.deepEqual(readdirSync(path.dirname(target)), ['scan.sarif'])
  })

  test('what is in the baseline does not fail', async () => {
    await run(leaky, '--format', 'json', '--output', 'baseline.json')
    assert.equal((await run(leaky, '--baseline', 'baseline.json')).code, 0)
    const words = await run(leaky, '--baseline', 'baseline.json')
    assert.match(words.stdout, /nothing found beyond what was accepted/)
    const { findings, known } = await report(leaky, '--baseline', 'baseline.json')
    assert.deepEqual([findings.length, known.length > 0], [0, true])
    const { stderr } = await run(clean, '--baseline', 'baseline.json')
    assert.match(stderr, /of the baseline (?:is|are) not found any more/)
  })

  test('a baseline that is no report is wrong use, and one that is not there could not be read', async () => {
    const other = written('other.json', '{"findings":[]}')
    const wrong = await run(leaky, '--baseline', other)
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /is no report of a scan/)
    assert.equal((await run(leaky, '--baseline', 'missing.json')).code, 3)
  })

  test('a suppression holds until its day, and fails from then on', async () => {
    const held = written('held.yaml', await suppression({}))
    assert.equal((await run(leaky, '--suppressions', held)).code, 0)
    const expired = written('expired.yaml', await suppression({ expires: '2026-01-01' }))
    const { code, stderr } = await run(leaky, '--suppressions', expired)
    assert.equal(code, 1)
    assert.match(stderr, /ran out .* ago: tests answered for it/)
    assert.equal((await run(clean, '--suppressions', expired)).code, 1)
  })

  test('a suppression that nothing was found for is told', async () => {
    const idle = written('idle.yaml', await suppression({ fingerprint: 'f'.repeat(32) }))
    assert.match((await run(clean, '--suppressions', idle)).stderr, /take it out/)
  })

  test('a suppression without owner, reason, end or place is refused with its line', async () => {
    const rest = 'reason: for a test, owner: tests, expires: 2999-12-31'
    const refused: [string, RegExp][] = [
      [`suppressions:\n  - { rule: client-identity, ${rest} }`, /:2:\d+: this would suppress all/],
      [
        'suppressions:\n  - { rule: client-identity, path: a }',
        /:2:\d+.*missing.*reason|:2:\d+.*reason.*missing/s,
      ],
      [`suppressions:\n  - { path: a, ${rest} }`, /:2:\d+: path and identity narrow a rule/],
      [
        `suppressions:\n  - { rule: client-identity, fingerprint: ${'f'.repeat(32)}, ${rest} }`,
        /said twice/,
      ],
      [`suppressions:\n  - { fingerprint: abc, ${rest} }`, /:2:\d+/],
      [
        'suppressions:\n  - { rule: client-identity, path: a, reason: for a test, owner: tests, expires: 2026-02-30 }',
        /:2:\d+: there is no such day/,
      ],
    ]
    for (const [text, shape] of refused) {
      const { code, stderr } = await run(clean, '--suppressions', written('bad.yaml', text))
      assert.equal(code, 2, stderr)
      assert.match(stderr, shape)
    }
  })

  test('a comparison takes an older package or its report', async () => {
    await run(leaky, '--format', 'json', '--output', 'old.json')
    for (const old of [leaky, 'old.json']) {
      const same = await report(leaky, '--diff', old)
      assert.deepEqual([same.changes.new, same.changes.gone], [[], []])
      assert.ok(same.changes.unchanged.length > 0)
      const { changes } = await report(clean, '--diff', old)
      assert.ok(changes.gone.some(({ rule }) => rule === 'client-identity'))
    }
    assert.ok((await report(leaky, '--diff', clean)).changes.new.length > 0)
  })

  test('rules are chosen, and left out', async () => {
    const chosen = await report(leaky, '--rules', 'weak-key,client-identity')
    assert.deepEqual([...new Set(chosen.findings.map(({ rule }) => rule))], ['client-identity'])
    const left = await report(leaky, '--rules', '-client-identity')
    assert.ok(!left.findings.some(({ rule }) => rule === 'client-identity'))
  })

  test('the section scan of the configuration says what options do not', async () => {
    const file = written('scan.yaml', 'scan: { failOn: never, rules: [-client-identity] }')
    assert.equal((await run(leaky, '--config', file)).code, 0)
    assert.equal((await run(leaky, '--config', file, '--rules', 'client-identity')).code, 0)
    const both = ['--config', file, '--rules', 'client-identity', '--fail-on', 'high']
    assert.equal((await run(leaky, ...both)).code, 1)
  })

  test('endpoints are held against the routes of a gateway, where there is one', async () => {
    const calling = path.join(folder, 'calling')
    mkdirSync(calling)
    writeFileSync(path.join(calling, 'api.json'), '["https://api.northwind.bank/v1/accounts"]')
    const route = (device: string) =>
      `{ match: { path: /v1/* }, upstream: accounts, stages: { device: { ${device} } } }`
    const gateway = (device: string) =>
      written(
        'gateway.yaml',
        `gateway: { hosts: { api.northwind.bank: { clientCertificate: optional, routes: [${route(device)}] } } }`,
      )
    const found = async (...args: string[]) =>
      (await report(calling, ...args)).findings.map(({ rule }) => rule)
    const asked = '--gateway-config'
    assert.deepEqual(await found(asked, gateway('mode: shadow')), ['ungated-endpoint'])
    assert.deepEqual(await found(asked, gateway('required: true')), [])
    assert.deepEqual(await found(), [])
    assert.equal((await run(calling, '--rules', 'ungated-endpoint')).code, 2)
  })

  test('an option is told as it is typed', async () => {
    assert.match((await run(clean, '--fail-on', 'hihg')).stderr, /--fail-on has a value/)
  })

  test('a rule that is not there is told with the one that is meant', async () => {
    const { code, stderr } = await run(clean, '--rules', '-debugable')
    assert.equal(code, 2)
    assert.match(stderr, /there is no rule debugable; did you mean -debuggable\?/)
    assert.match((await run(clean, '--rules', 'xyz')).stderr, /expected +client-identity, /)
  })

  test('what cannot be meant is wrong use', async () => {
    const wrong = [
      ['-'],
      [],
      [clean, '--format', 'xml'],
      [clean, '--json', '--format', 'html'],
      [clean, '--fail-on', 'info'],
      [clean, '--rules', 'no-such-rule'],
      [clean, '--submitted-at', 'tomorrow'],
      [clean, '--release-window', '-1'],
      [clean, '--own-domain', 'https://example.com'],
      [clean, '--offline', '--authority'],
      [clean, '--gateway-config', written('none.yaml', 'version: 1')],
    ]
    for (const args of wrong) {
      const { code, stderr } = await run(...args)
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
    }
  })

  test('the authority tells its own certificates, and how they are ended', async () => {
    const args = [leaky, '--authority', '--config', dev.facts.configFile]
    const { issued } = await report(...args)
    const { id } = dev.facts.device
    assert.deepEqual(
      issued.map(({ deviceId, hasKey }) => [deviceId, hasKey]),
      [[id, true]],
    )
    assert.match(issued[0]?.revoke ?? '', new RegExp(`^sallyport devices revoke ${id} `))
    const { issued: none } = await report(clean, ...args.slice(1))
    assert.deepEqual(none, [])
  })

  test('what was found is told where the authority cannot be asked', async () => {
    const file = written('away.yaml', 'admin: { url: "https://127.0.0.1:9" }')
    const { code, stdout, stderr } = await run(leaky, '--authority', '--config', file)
    assert.equal(code, 3)
    assert.match(stdout, /^CRITICAL /m)
    assert.match(stderr, /connection_failed/)
  })
})
