import assert from 'node:assert/strict'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { toPem } from '@sallyport/pki'
import { parse, stringify } from 'yaml'
import type { Explanation } from '../../src/explain/explain-certificate.ts'
import { brokenCertificates } from '../explain/broken-certificates.ts'
import {
  type Development,
  endLeftOver,
  get,
  newFolder,
  type Ran,
  sallyport,
  startDev,
} from '../sallyport.ts'

after(endLeftOver)

describe('commands, beside a deployment that runs', () => {
  const folder = newFolder()
  let dev: Development

  const run = (...args: string[]): Promise<Ran> =>
    sallyport([...args, '--config', dev.facts.configFile])
  const json = async <T>(...args: string[]): Promise<T> => {
    const { stdout, stderr } = await run(...args, '--json')
    assert.equal(stdout.trimEnd().split('\n').length, 1, stderr)
    return JSON.parse(stdout) as T
  }
  /** The problem body of a request that is refused. */
  const refused = async (): Promise<{ requestId: string; supportCode: string }> => {
    const { body } = await get(dev.facts, dev.facts.gateway + dev.facts.samplePath, false)
    return { requestId: String(body['requestId']), supportCode: String(body['supportCode']) }
  }

  before(async () => {
    dev = await startDev(path.join(folder, 'dev'))
  })
  after(() => dev.end())

  test('devices list prints the device, and with --ids its id alone', async () => {
    const devices = await json<{ id: string; status: string }[]>('devices', 'list')
    assert.deepEqual(
      devices.map(({ id, status }) => ({ id, status })),
      [{ id: dev.facts.device.id, status: 'active' }],
    )
    const { stdout } = await run('devices', 'list', '--ids')
    assert.equal(stdout, `${dev.facts.device.id}\n`)
    assert.deepEqual(await json('devices', 'list', '--status', 'revoked'), [])
    assert.deepEqual(await json('devices', 'list', '--user', 'nobody'), [])
  })

  test('devices list refuses a status that there is not', async () => {
    const { code, stderr } = await run('devices', 'list', '--status', 'broken')
    assert.equal(code, 2)
    assert.match(stderr, /active, suspended, revoked, superseded/)
  })

  test('devices show prints the device and its certificates', async () => {
    const { device, certificates } = await json<{
      device: { id: string }
      certificates: { status: string }[]
    }>('devices', 'show', dev.facts.device.id)
    assert.equal(device.id, dev.facts.device.id)
    assert.deepEqual(
      certificates.map(({ status }) => status),
      ['active'],
    )
  })

  test('devices show prints what its evidence proved, check by check and field by field', async () => {
    const { stdout } = await run('devices', 'show', dev.facts.device.id)
    assert.match(stdout, /\nEvidence: android-key\n/)
    assert.match(stdout, /\n {2}✓ bootloader +locked/)
    assert.match(stdout, /\n {4}attestationChallenge +[0-9a-f]{64}\n/)
    assert.match(stdout, /\nprovenFacts +platform, /)
  })

  test('devices show --evidence gives what the phone sent, and it verifies again', async () => {
    const file = path.join(folder, 'evidence.json')
    const { code, stdout, stderr } = await run(
      'devices',
      'show',
      dev.facts.device.id,
      '--evidence',
      file,
    )
    assert.equal(code, 0)
    assert.equal(stdout, `${file}\n`)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const [, line = ''] = /^Verify it again: sallyport (.*)\n$/.exec(stderr) ?? []
    const verified = await run(...line.split(' '))
    assert.equal(verified.code, 0, verified.stdout)
    assert.match(verified.stdout, /✓ challenge .*\n {2}✓ key /)
    const printed = await json<unknown>('devices', 'show', dev.facts.device.id, '--evidence')
    assert.deepEqual(printed, JSON.parse(readFileSync(file, 'utf8')))
  })

  test('attestation report counts the device, and attestation status tells of the roots', async () => {
    const report = await json<{ totals: unknown; byModel: { name: string }[] }>(
      'attestation',
      'report',
      '--app',
      'demo',
    )
    const totals = { appraised: 1, accepted: 1, wouldBeRefused: 0, refused: 0 }
    assert.deepEqual(report.totals, totals)
    const status = await json<{ roots: { pinned: unknown[] } }>('attestation', 'status')
    assert.equal(status.roots.pinned.length, 2)
  })

  test('a device that is not there is an answer of no', async () => {
    const { code, stderr } = await run('devices', 'show', 'dev_aaaaaaaaaaaaaaaaaaaaaaaaaa')
    assert.equal(code, 1)
    assert.match(stderr, /No device dev_a/)
  })

  test('suspend takes effect at the gateway before the command returns, and resume lifts it', async () => {
    const { facts } = dev
    const url = facts.gateway + facts.samplePath
    const suspended = await run('devices', 'suspend', facts.device.id, '--reason', 'lost')
    assert.equal(suspended.code, 0)
    assert.match(suspended.stdout, /gateway-1: applied in -?\d+ ms, \d connections? ended/)
    assert.equal((await get(facts, url, true)).body['code'], 'device_suspended')
    assert.equal((await run('devices', 'resume', facts.device.id)).code, 0)
    assert.equal((await get(facts, url, true)).status, 200)
  })

  test('explain tells every stage of a refusal, by request id and by support code', async () => {
    const { requestId, supportCode } = await refused()
    const explained = await run('explain', requestId)
    assert.equal(explained.code, 0, explained.stderr)
    assert.match(explained.stdout, new RegExp(`${requestId}: 401 device_certificate_required`))
    assert.match(explained.stdout, /device +enforce +refuse +device_certificate_required/)
    assert.match(explained.stdout, /fix {2}Connect with the certificate/)
    assert.match((await run('explain', supportCode)).stdout, new RegExp(requestId))
  })

  test('a refusal is known to the authority as well, for whoever is on another machine', async () => {
    const { requestId } = await refused()
    const elsewhere = path.join(newFolder(), 'sallyport.yaml')
    const { admin } = parse(readFileSync(dev.facts.configFile, 'utf8'))
    const directory = path.dirname(dev.facts.configFile)
    admin.caFile = path.join(directory, admin.caFile)
    admin.tokenFile = path.join(directory, admin.tokenFile)
    writeFileSync(elsewhere, stringify({ version: 1, admin }))
    const deadline = Date.now() + 30_000
    let explained = await sallyport(['explain', requestId, '--config', elsewhere])
    // Gateways report every five seconds.
    while (explained.code === 1 && Date.now() < deadline) {
      await sleep(250)
      explained = await sallyport(['explain', requestId, '--config', elsewhere])
    }
    assert.equal(explained.code, 0, explained.stderr)
    assert.match(explained.stdout, /decided by gateway-1/)
  })

  test('explain knows a request that was let through, too', async () => {
    const { facts } = dev
    const { body } = await get(facts, facts.gateway + facts.samplePath, true)
    const { 'x-request-id': requestId = '' } = body['identity'] as Record<string, string>
    const { code, stdout } = await run('explain', requestId)
    assert.equal(code, 0)
    assert.match(stdout, new RegExp(`${requestId}: 200`))
  })

  test('explain says that nothing is known of a request', async () => {
    const { code, stderr } = await run('explain', 'req_aaaaaaaaaaaaaaaaaaaaaaaaaa')
    assert.equal(code, 1)
    assert.match(stderr, /Nothing is known of req_a/)
  })

  test("explain finds nothing wrong with the device's certificate", async () => {
    const { code, stdout } = await run('explain', dev.facts.device.certificateFile)
    assert.equal(code, 0, stdout)
    assert.match(stdout, /^A gateway accepts this certificate/)
    assert.match(stdout, /✓ device-status {2}active/)
  })

  test('explain names check, expected, found and fix for each of ten broken certificates', async () => {
    const broken = await brokenCertificates(dev.facts)
    assert.equal(broken.length, 10)
    for (const [index, { name, check, code, der }] of broken.entries()) {
      const file = path.join(folder, `${index}.pem`)
      writeFileSync(file, toPem('CERTIFICATE', der))
      const { ok, checks } = await json<Explanation>('explain', file)
      assert.equal(ok, false, name)
      const found = checks.find((candidate) => candidate.check === check)
      assert.equal(found?.ok, false, `${name}: ${JSON.stringify(checks, undefined, 1)}`)
      assert.equal(found?.code, code, name)
      for (const words of [found?.expected, found?.found, found?.fix]) {
        assert.ok(words !== undefined && words !== '', name)
      }
      assert.equal((await run('explain', file)).code, 1)
    }
  })

  test('explain refuses a file that is no certificate', async () => {
    const { code, stderr } = await run('explain', dev.facts.configFile)
    assert.equal(code, 3)
    assert.match(stderr, /neither PEM nor DER/)
  })

  test('explain --address explains a handshake that failed', async () => {
    const { port } = new URL(dev.facts.gateway)
    const socket = connect({ port: Number(port), host: '127.0.0.1', servername: 'nobody.test' })
    await new Promise((resolve) => socket.on('error', resolve))
    const deadline = Date.now() + 30_000
    let explained = await run('explain', '--address', '127.0.0.1', '--since', '10m')
    while (explained.code === 1 && Date.now() < deadline) {
      await sleep(250)
      explained = await run('explain', '--address', '127.0.0.1', '--since', '10m')
    }
    assert.equal(explained.code, 0, explained.stderr)
    assert.match(explained.stdout, /handshake_host_unknown/)
    assert.match(explained.stdout, /nobody\.test/)
  })

  test('tokens create prints the token alone, and the token is listed and revoked', async () => {
    const { stdout, stderr } = await run(
      'tokens',
      'create',
      '--label',
      "Ada's phone",
      '--expires',
      '1h',
    )
    assert.match(stdout, /^ent_[a-z2-7]{26}_[A-Za-z0-9_-]+\n$/)
    assert.match(stderr, /For one enrolment of app demo/)
    const id = stdout.slice(0, 30)
    const listed = await json<{ id: string; label: string; status: string }[]>('tokens', 'list')
    const status = (): string | undefined => listed.find((token) => token.id === id)?.status
    assert.equal(status(), 'usable')
    assert.equal((await run('tokens', 'revoke', id)).code, 0)
    assert.match((await run('tokens', 'list')).stdout, new RegExp(`${id}.*revoked`))
  })

  test('an admin token is revoked with those that it made, or without them', async () => {
    const make = async (token?: string): Promise<string> => {
      const env = token === undefined ? {} : { SALLYPORT_ADMIN_TOKEN: token }
      const create = ['tokens', 'create', '--admin', '--role', 'admin', '--label', 'x']
      const made = await sallyport([...create, '--config', dev.facts.configFile], { env })
      return made.stdout.trim()
    }
    const idOf = (token: string): string => token.slice(0, 30)
    const maker = await make()
    const [made, between] = [await make(maker), await make(maker)]
    const kept = await make(between)
    const alone = await run('tokens', 'revoke', idOf(between), '--keep-made')
    assert.match(alone.stdout + alone.stderr, new RegExp(`${idOf(between)} is revoked\n`))
    const all = await run('tokens', 'revoke', idOf(maker))
    assert.match(all.stdout + all.stderr, /is revoked, and 2 that it made/)
    for (const id of [made, kept].map(idOf)) assert.ok((all.stdout + all.stderr).includes(id))
  })

  test('an admin token of a low role may look and may not change', async () => {
    const { stdout } = await run('tokens', 'create', '--admin', '--role', 'viewer', '--label', 'x')
    const env = { SALLYPORT_ADMIN_TOKEN: stdout.trim() }
    const as = (...args: string[]): Promise<Ran> =>
      sallyport([...args, '--config', dev.facts.configFile], { env })
    assert.equal((await as('devices', 'list')).code, 0)
    const { code, stderr } = await as('devices', 'suspend', dev.facts.device.id)
    assert.equal(code, 3)
    assert.match(stderr, /admin_role_too_low/)
  })

  test('gateways list shows the gateway, up to date', async () => {
    const gateways = await json<{ name: string; behind: number }[]>('gateways', 'list')
    assert.deepEqual(
      gateways.map(({ name, behind }) => ({ name, behind })),
      [{ name: 'gateway-1', behind: 0 }],
    )
  })

  test('doctor finds nothing wrong, and warns of what is insecure', async () => {
    const { code, stdout } = await run('doctor')
    assert.equal(code, 0, stdout)
    assert.match(stdout, /! insecure switches: gateway\.insecureDevelopmentDevices: is on/)
  })

  test('doctor finds a key that others can read', async () => {
    const keyFile = path.join(path.dirname(dev.facts.configFile), 'certificates', 'gateway.key')
    chmodSync(keyFile, 0o644)
    const { code, stdout } = await run('doctor')
    chmodSync(keyFile, 0o600)
    assert.equal(code, 1)
    assert.match(
      stdout,
      /✗ files: gateway\.authority\.keyFile .*mode 0644, others can read it\n +fix +chmod 600/,
    )
  })

  test('config print fills in what was left out, in YAML that is valid again', async () => {
    const { stdout } = await run('config', 'print')
    assert.match(stdout, /graceDays: 30/)
    const file = path.join(path.dirname(dev.facts.configFile), 'printed.yaml')
    writeFileSync(file, stdout)
    assert.equal((await sallyport(['config', 'validate', '--config', file])).code, 0)
  })

  test('config validate names file, line, column and the nearest key', async () => {
    const file = path.join(folder, 'misspelt.yaml')
    writeFileSync(
      file,
      readFileSync(dev.facts.configFile, 'utf8').replace('clientCertificate:', 'clientCertifcate:'),
    )
    const { code, stdout, stderr } = await sallyport(['config', 'validate', '--config', file])
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /misspelt\.yaml:\d+:\d+: .*did you mean "clientCertificate"/)
  })

  test('config validate finds what no schema can say', async () => {
    const { configFile } = dev.facts
    const file = path.join(path.dirname(configFile), 'unknown-upstream.yaml')
    writeFileSync(
      file,
      readFileSync(configFile, 'utf8').replace('upstream: sample', 'upstream: smaple'),
    )
    const { code, stderr } = await sallyport(['config', 'validate', '--config', file])
    assert.equal(code, 1)
    assert.match(stderr, /unknown-upstream\.yaml:\d+:\d+: /)
  })

  test('config validate says what an authority would not start with, and where it stands', async () => {
    const { configFile } = dev.facts
    const text = readFileSync(configFile, 'utf8')
    const file = path.join(path.dirname(configFile), 'refused.yaml')
    const providers =
      'identityProviders:\n  corp: { issuer: https://id.example.com, audience: api, jwksFile: nowhere.json }\n'
    const faults: readonly (readonly [changed: string, said: RegExp, code: number])[] = [
      [
        text.replace('insecureDevelopmentDevices: true', 'insecureDevelopmentDevices: false'),
        /refused\.yaml:\d+:\d+: (?:apps|attestation)\./,
        1,
      ],
      [
        `${text}${providers}`,
        /refused\.yaml:\d+:\d+: identityProviders\.corp\.jwksFile: .*nowhere\.json: ENOENT/,
        3,
      ],
      [text.replace(/^apps:\n(?: .*\n)+/m, ''), /refused\.yaml:\d+:\d+: "apps" is missing/, 1],
    ]
    for (const [changed, said, expected] of faults) {
      assert.notEqual(changed, text)
      writeFileSync(file, changed)
      const { code, stderr } = await sallyport(['config', 'validate', '--config', file])
      assert.match(stderr, said)
      assert.equal(code, expected)
    }
  })

  test('reload takes a changed file over, and refuses a broken one with its line', async () => {
    const { configFile, gateway, samplePath } = dev.facts
    const good = readFileSync(configFile, 'utf8')
    writeFileSync(configFile, good.replace(`path: '${samplePath}'`, "path: '/other'"))
    const taken = await run('reload')
    assert.equal(taken.code, 0, taken.stderr)
    assert.match(taken.stdout, /taken over by: signer, authority, gateway/)
    writeFileSync(configFile, good.replace('upstream: sample', 'upstream: smaple'))
    const broken = await run('reload')
    assert.equal(broken.code, 1, broken.stderr)
    assert.match(broken.stderr, /sallyport\.yaml:\d+:\d+: /)
    assert.match(broken.stderr, /The gateway goes on with the configuration it had/)
    assert.match(broken.stdout, /taken over by: signer, authority\n/)
    assert.equal((await get(dev.facts, gateway + samplePath, true)).status, 200)
    writeFileSync(configFile, good)
    assert.equal((await run('reload')).code, 0)
  })

  test('reload has each role take its part, and says why the authority refuses it', async () => {
    const { configFile } = dev.facts
    const good = readFileSync(configFile, 'utf8')
    type Told = { ok: boolean; roles: { name: string; pid: number; ok: boolean }[] }
    const told = (stdout: string): Told => JSON.parse(stdout) as Told
    try {
      writeFileSync(configFile, good.replace('lifetimeDays: 1 ', 'lifetimeDays: 2 '))
      const taken = await run('reload', '--json')
      assert.equal(taken.code, 0, taken.stderr)
      const { roles } = told(taken.stdout)
      const names = ['signer', 'authority', 'gateway']
      assert.deepEqual(
        roles.map(({ name, ok }) => (ok ? name : '')),
        names,
      )
      assert.equal(new Set(roles.map(({ pid }) => pid)).size, 3)
      const changes = await json<{ detail: object }[]>(
        'audit',
        'list',
        '--action',
        'configuration.changed',
      )
      assert.match(JSON.stringify(changes.at(-1)?.detail), /lifetimeDays/)

      writeFileSync(configFile, good.replace('evidence: [android-key', 'evidence: [andriod-key'))
      const refused = await run('reload', '--json')
      assert.equal(refused.code, 1, refused.stderr)
      assert.match(refused.stderr, /authority: .*sallyport\.yaml:\d+:\d+: /)
      assert.match(refused.stderr, /The authority goes on with the configuration it had/)
      assert.deepEqual(
        told(refused.stdout).roles.map(({ ok }) => ok),
        [false, false, true],
      )

      writeFileSync(
        configFile,
        good.replace(/operations: .*/, "operations: { listen: '127.0.0.1:1' }"),
      )
      const fixed = await run('reload')
      assert.equal(fixed.code, 1, fixed.stderr)
      assert.match(fixed.stderr, /authority: .*needs a restart/)
    } finally {
      writeFileSync(configFile, good)
    }
    const both = await Promise.all([run('reload'), run('reload')])
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
    )
  })

  test('reload says that nothing runs', async () => {
    const file = path.join(newFolder(), 'sallyport.yaml')
    writeFileSync(file, readFileSync(dev.facts.configFile))
    const { code, stderr } = await sallyport(['reload', '--config', file])
    assert.equal(code, 3)
    assert.match(stderr, /Nothing of this configuration runs on this machine/)
  })

  test('a revocation ends the connections of the device, and says how many', async () => {
    const { facts } = dev
    const identity = {
      ca: readFileSync(facts.caFile),
      cert: readFileSync(facts.device.certificateFile),
      key: readFileSync(facts.device.keyFile),
    }
    const port = Number(new URL(facts.gateway).port)
    const socket = connect({
      port,
      servername: 'localhost',
      host: '127.0.0.1',
      ALPNProtocols: ['http/1.1'],
      ...identity,
    })
    await new Promise<void>((resolve) => {
      socket.once('data', () => resolve())
      socket.write(`GET ${facts.samplePath} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`)
    })
    const session = connectHttp2(facts.gateway, identity)
    session.on('error', () => {})
    const stream = session.request({ ':path': facts.samplePath })
    stream.resume()
    await new Promise((resolve) => stream.on('close', resolve))
    const ended = Promise.all(
      [socket, session].map((end) => new Promise((resolve) => end.on('close', resolve))),
    )
    const { stdout, code } = await run('devices', 'revoke', facts.device.id, '--yes')
    assert.equal(code, 0)
    assert.match(stdout, /applied in -?\d+ ms, 2 connections ended \(h1 1, h2 1, websocket 0\)/)
    await ended
  })

  test('a revocation asks, and where nobody can be asked it needs --yes', async () => {
    const { code, stderr } = await run('devices', 'revoke', dev.facts.device.id)
    assert.equal(code, 2)
    assert.match(stderr, /--yes/)
  })

  test('what is final stays so', async () => {
    const { code, stderr } = await run('devices', 'resume', dev.facts.device.id)
    assert.equal(code, 1)
    assert.match(stderr, /status_final/)
  })

  test('audit verify holds, holds a row noted before, and finds a row that was changed', async () => {
    const { rows, seq, hash } = await json<{ rows: number; seq: number; hash: string }>(
      'audit',
      'verify',
    )
    assert.ok(rows > 5)
    assert.equal((await run('audit', 'verify', '--contains', `${seq}:${hash}`)).code, 0)
    const other = await run('audit', 'verify', '--contains', `${seq}:${'A'.repeat(43)}`)
    assert.equal(other.code, 1)

    const store = new DatabaseSync(
      path.join(path.dirname(dev.facts.configFile), 'state', 'sallyport.db'),
    )
    store.exec("UPDATE audit SET actor = 'admin:nobody' WHERE seq = 3")
    store.close()
    const changed = await run('audit', 'verify')
    assert.equal(changed.code, 1)
    assert.match(changed.stderr, /At row 3/)
  })
})
