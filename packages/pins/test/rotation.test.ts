import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { before, test } from 'node:test'
import { connect } from 'node:tls'
import { type Certificate, parseCertificate } from '@sallyport/pki'
import { checkPins, parsePinsFile, pinOfSpki, type PinsFile, survey } from '../src/index.ts'
import { host, rotationStages, type Stage } from './rotation-stages.ts'
import { issue, type Made, newKeys } from './test-authority.ts'
import { startServer } from './test-server.ts'

let world: Awaited<ReturnType<typeof rotationStages>>
const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-pins-'))

before(async () => {
  world = await rotationStages()
  writeFileSync(path.join(folder, 'ca.pem'), world.root.pem + world.otherRoot.pem)
  writeFileSync(path.join(folder, 'leaf.der'), world.stages[0]?.leaf.certificate.der ?? '')
})

/** Which pins a set has beside the backup. */
const sets = ['leaf', 'intermediate', 'root', 'leaf certificate'] as const

function pinsOf(set: (typeof sets)[number]): PinsFile {
  const spkiOf = ({ certificate }: Made): string => pinOfSpki(certificate.spki)
  const pinned = {
    leaf: `{ role: leaf, sha256: ${spkiOf(world.stages[0]?.leaf ?? world.root)} }`,
    intermediate: `{ role: intermediate, sha256: ${spkiOf(world.first)} }`,
    root: `{ role: root, sha256: ${spkiOf(world.root)} }`,
    'leaf certificate': '{ role: leaf, certificate: leaf.der }',
  }[set]
  const isWhole = set === 'leaf certificate'
  const backup = `{ role: backup, sha256: ${spkiOf(world.stages[5]?.leaf ?? world.root)} }`
  const text = [
    'version: 1',
    'hosts:',
    `  ${host}:`,
    '    authorities: [ca.pem]',
    ...(isWhole ? ['    compare: certificate', '    allowWithoutBackup: true'] : []),
    '    pins:',
    `      - ${pinned}`,
    ...(isWhole ? [] : [`      - ${backup}`]),
  ]
  return parsePinsFile(path.join(folder, 'pins.yaml'), `${text.join('\n')}\n`)
}

/** Whether a client that verifies the chain, as phones do, and then asks for a pin, connects. */
function connects(port: number, file: PinsFile): Promise<boolean> {
  const [pinned] = file.hosts
  assert.ok(pinned !== undefined)
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: host,
      ca: [world.root.pem, world.otherRoot.pem],
    })
    socket.on('error', reject)
    socket.on('secureConnect', () => {
      assert.ok(socket.authorized)
      const keys = new Set<string>()
      const whole = new Set<string>()
      // With the roots that verified it: Node adds them to what was sent.
      let each = socket.getPeerCertificate(true)
      for (; each.raw !== undefined; each = each.issuerCertificate) {
        const { spki } = parseCertificate(each.raw)
        keys.add(pinOfSpki(spki))
        whole.add(each.raw.toString('base64'))
        if (each === each.issuerCertificate) break
      }
      socket.destroy()
      const holds = ({ sha256, certificate }: (typeof pinned.pins)[number]): boolean =>
        pinned.compare === 'key'
          ? keys.has(sha256)
          : whole.has(certificate?.der.toString('base64') ?? '')
      resolve(pinned.pins.some(holds))
    })
  })
}

const chainOf = ({ leaf }: Stage): Certificate[] => leaf.sent.map(({ certificate }) => certificate)

test('each break is foreseen before the server changes, and is there after it', async (t) => {
  const [now] = world.stages
  assert.ok(now !== undefined)
  const server = await startServer(t, now.leaf)
  const options = { port: server.port, connect: { host: '127.0.0.1', port: server.port } }
  const foreseen: string[] = []
  for (const set of sets) {
    const file = pinsOf(set)
    for (const stage of world.stages) {
      const place = `${set}, ${stage.name}`
      server.show(now.leaf)
      const today = checkPins(file, {
        surveys: new Map([[host, await survey(host, options)]]),
        next: [{ name: stage.name, certificates: chainOf(stage) }],
        now: Date.now(),
      })
      const willBreak = today.some(({ outcome }) => outcome === 'will break')
      assert.ok(!today.some(({ outcome }) => outcome === 'broken'), place)

      server.show(stage.leaf)
      assert.equal(await connects(server.port, file), !willBreak, place)
      const after = checkPins(file, {
        surveys: new Map([[host, await survey(host, options)]]),
        now: Date.now(),
      })
      const isBroken = after.some(({ outcome, what }) => {
        return outcome === 'broken' && !what.startsWith('the backup')
      })
      assert.equal(isBroken, willBreak, place)
      if (willBreak) foreseen.push(place)
    }
  }
  t.diagnostic(`${foreseen.length} breaks of ${sets.length * world.stages.length} changes`)
  assert.deepEqual(foreseen, [
    'leaf, renewed with a new key',
    'leaf, from another intermediate',
    'leaf, from another root',
    'intermediate, from another intermediate',
    'intermediate, from another root',
    'root, from another root',
    'leaf certificate, renewed under the same key',
    'leaf certificate, renewed with a new key',
    'leaf certificate, from another intermediate',
    'leaf certificate, from another root',
    'leaf certificate, the backup, from another root',
  ])
})

test('a backup in use is no backup: the set is without one', async (t) => {
  const used = world.stages[5]
  assert.ok(used !== undefined)
  const server = await startServer(t, used.leaf)
  const options = { port: server.port, connect: { host: '127.0.0.1', port: server.port } }
  const findings = checkPins(pinsOf('leaf'), {
    surveys: new Map([[host, await survey(host, options)]]),
    now: Date.now(),
  })
  assert.deepEqual(
    findings.map(({ outcome, what }) => [outcome, what.slice(0, 10)]),
    [
      ['ok', 'leaf pinne'],
      ['broken', 'the backup'],
      ['note', 'the leaf p'],
    ],
  )
})

test('a server with a certificate for each kind of key is asked for both', async (t) => {
  const other = await issue({
    name: host,
    hosts: [host],
    issuer: world.first,
    keys: await newKeys('rsa'),
  })
  const [now] = world.stages
  assert.ok(now !== undefined)
  const server = await startServer(t, now.leaf, other)
  const looked = await survey(host, {
    port: server.port,
    connect: { host: '127.0.0.1', port: server.port },
  })
  assert.deepEqual(looked.sent.map(({ certificates: [leaf] }) => leaf?.keyKind).sort(), [
    'ec-p256',
    'rsa-2048',
  ])
  const findings = checkPins(pinsOf('leaf'), {
    surveys: new Map([[host, looked]]),
    now: Date.now(),
  })
  assert.ok(
    findings.some(({ outcome, what }) => outcome === 'broken' && /RSA at 127/.test(what)),
    JSON.stringify(findings),
  )
})

test('a server that is away was not looked at', async () => {
  const looked = await survey(host, {
    port: 1,
    connect: { host: '127.0.0.1', port: 1 },
    timeoutMs: 2_000,
  })
  const findings = checkPins(pinsOf('leaf'), {
    surveys: new Map([[host, looked]]),
    now: Date.now(),
  })
  assert.deepEqual(
    findings.map(({ outcome }) => outcome),
    ['not looked at'],
  )
})

test('a next CA is tried above the leaf in use', async (t) => {
  const [now, , , next] = world.stages
  assert.ok(now !== undefined && next !== undefined)
  const server = await startServer(t, now.leaf)
  const looked = await survey(host, {
    port: server.port,
    connect: { host: '127.0.0.1', port: server.port },
  })
  const under = chainOf(next).slice(1)
  const outcomes = (set: (typeof sets)[number]) =>
    checkPins(pinsOf(set), {
      surveys: new Map([[host, looked]]),
      next: [{ name: 'next CA', certificates: under }],
      now: Date.now(),
    })
      .filter(({ about }) => about.kind === 'next')
      .map(({ outcome }) => outcome)
  assert.deepEqual(outcomes('leaf'), ['ok'])
  assert.deepEqual(outcomes('intermediate'), ['will break'])
  assert.deepEqual(outcomes('root'), ['ok'])
})

test('a next certificate that could not be tried was not looked at', async () => {
  const stranger = await issue({ name: 'S', hosts: ['other.example'], issuer: world.root })
  const tried = (made: Made) =>
    checkPins(pinsOf('leaf'), {
      surveys: new Map(),
      next: [{ name: 'next', certificates: [made.certificate] }],
      now: Date.now(),
    }).map(({ outcome, what }) => [outcome, what])
  assert.deepEqual(tried(stranger), [
    ['not looked at', 'the certificate is for none of these names'],
  ])
  assert.deepEqual(tried(world.first), [
    ['not looked at', 'a CA is tried above the leaf in use, and no server showed one'],
  ])
})

test('what App Transport Security is given is judged by itself', async () => {
  const spkiOf = ({ certificate }: Made): string => pinOfSpki(certificate.spki)
  const [now, , renewed] = world.stages
  assert.ok(now !== undefined && renewed !== undefined)
  const file = parsePinsFile(
    path.join(folder, 'pins.yaml'),
    `version: 1
hosts:
  ${host}:
    authorities: [ca.pem]
    ats: leaf
    pins:
      - { role: root, sha256: ${spkiOf(world.root)} }
      - { role: leaf, sha256: ${spkiOf(now.leaf)} }
      - { role: backup, sha256: ${spkiOf(world.stages[5]?.leaf ?? world.root)} }
`,
  )
  const tried = (stage: Stage) =>
    checkPins(file, {
      surveys: new Map(),
      next: [{ name: 'next', certificates: chainOf(stage) }],
      now: Date.now(),
    }).map(({ about, outcome }) => [about.kind, outcome])
  assert.deepEqual(tried(now), [
    ['next', 'ok'],
    ['target', 'ok'],
  ])
  assert.deepEqual(tried(renewed), [
    ['next', 'ok'],
    ['target', 'will break'],
  ])
})
