import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { checkPins, generate, hostFor, parsePinsFile, pinOfSpki, targets } from '../../src/index.ts'
import { noOkHttp, runJava } from '../platform/java.ts'
import { host, rotationStages } from '../rotation-stages.ts'
import { startServer } from '../test-server.ts'
import { fileOf, fixtures, textOf } from './file-of.ts'

const ask = readFileSync(path.join(fixtures, 'Ask.java'), 'utf8')
const newFolder = (): string => mkdtempSync(path.join(tmpdir(), 'sallyport-okhttp-'))

test('for every name, OkHttp takes the pins that the file says', { skip: noOkHttp }, async () => {
  const hosts = {
    'api.example.com': '    subdomains: none\n',
    'one.example': '    subdomains: one\n',
    'any.example': '    subdomains: any\n',
    'ended.example': "    subdomains: any\n    expires: '2020-01-01'\n",
  }
  const names = Object.keys(hosts).flatMap((name) => [
    name,
    `a.${name}`,
    `b.a.${name}`,
    `bad${name}`,
    name.slice(name.indexOf('.') + 1),
  ])
  const printed = await runJava(
    newFolder(),
    { 'Ask.java': ask, 'pins/PinnedHosts.java': textOf('okhttp', hosts) },
    'Ask',
    ['names', 'pins.PinnedHosts', ...names],
  )
  const file = fileOf(hosts)
  const expected = names.map((name) => {
    const found = hostFor(file.hosts, name)
    const holds = found !== undefined && (found.expires ?? Number.POSITIVE_INFINITY) > Date.now()
    return `${name} ${holds ? found.pins.length : 0}`
  })
  assert.deepEqual(printed.trim().split('\n'), expected)
})

test('OkHttp refuses each server that pins check foresaw, and no other', {
  skip: noOkHttp,
}, async (t) => {
  const { stages, root, first, otherRoot } = await rotationStages()
  const folder = newFolder()
  writeFileSync(path.join(folder, 'roots.pem'), root.pem + otherRoot.pem)
  const servers = await Promise.all(stages.map(({ leaf }) => startServer(t, leaf)))
  const pinned = { leaf: stages[0]?.leaf, intermediate: first, root } as const
  const backup = stages[5]?.leaf
  assert.ok(backup !== undefined)
  const sources: Record<string, string> = { 'Ask.java': ask }
  const expected: string[] = []
  for (const [role, made] of Object.entries(pinned)) {
    assert.ok(made !== undefined)
    const pins = [
      `{ role: ${role}, sha256: ${pinOfSpki(made.certificate.spki)} }`,
      `{ role: backup, sha256: ${pinOfSpki(backup.certificate.spki)} }`,
    ]
    const file = parsePinsFile(
      path.join(folder, 'pins.yaml'),
      `version: 1\nhosts:\n  ${host}:\n    authorities: [roots.pem]\n    pins: [${pins.join(', ')}]\n`,
    )
    const { files } = generate(targets.okhttp, file, { javaPackage: role })
    sources[`${role}/PinnedHosts.java`] = files[0]?.content.toString() ?? ''
    for (const [index, stage] of stages.entries()) {
      const next = {
        name: stage.name,
        certificates: stage.leaf.sent.map((each) => each.certificate),
      }
      const findings = checkPins(file, { surveys: new Map(), next: [next], now: Date.now() })
      const breaks = findings.some(({ outcome }) => outcome === 'will break')
      const port = servers[index]?.port
      expected.push(`${role}.PinnedHosts ${port} ${breaks ? 'unpinned' : '204'}`)
    }
  }
  const ports = servers.map(({ port }) => port).join()
  const classes = Object.keys(pinned).map((role) => `${role}.PinnedHosts`)
  const printed = await runJava(folder, sources, 'Ask', [
    'calls',
    path.join(folder, 'roots.pem'),
    host,
    ports,
    ...classes,
  ])
  assert.deepEqual(printed.trim().split('\n'), expected)
  const refused = expected.filter((line) => line.endsWith('unpinned')).length
  t.diagnostic(`${refused} of ${expected.length} calls refused`)
  assert.equal(refused, 6)
})
