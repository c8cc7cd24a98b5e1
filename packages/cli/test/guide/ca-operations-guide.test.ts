import assert from 'node:assert/strict'
import { execFile, type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSigningRequest, toPem } from '@sallyport/pki'
import { devicePaths, fromBase64url, type IssuedCertificate, toBase64url } from '@sallyport/wire'
import { quietPorts } from '@sallyport/virtual-device'
import { post } from '../acceptance/enrollment.ts'
import { binary, newFolder, sallyport } from '../sallyport.ts'
import { blocksOf } from './guide.ts'

const pageOf = (name: string) =>
  readFileSync(new URL(`../../../../../docs/guide/${name}.md`, import.meta.url), 'utf8')
const page = pageOf('ca-operations')
const signerPage = pageOf('signer')

type Identity = { cert: string; key: string; issuer: string | undefined }

describe('the page about CAs, as it is written', { timeout: 280_000 }, () => {
  const cwd = newFolder()
  const bin = newFolder()
  const ports: number[] = []
  let passphrase = ''
  let ca = ''
  let process_: ChildProcess | undefined
  const service = createServer((_, response) => response.end('served'))

  before(async () => {
    service.listen(0, '127.0.0.1')
    await once(service, 'listening')
    const upstream = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
    const names = [
      '--trust-domain',
      'example.com',
      '--app-id',
      'wallet',
      '--api-host',
      'api.example.com',
    ]
    const made = await sallyport([
      'init',
      '--dir',
      cwd,
      ...names,
      '--upstream',
      upstream,
      '--passphrase-file',
      '--yes',
    ])
    assert.equal(made.code, 0, made.stderr)
    passphrase = readFileSync(path.join(cwd, 'state/passphrase'), 'utf8').trim()
    ca = readFileSync(path.join(cwd, 'certificates/service-ca.crt'), 'utf8')
    ports.push(...(await quietPorts(5)))
    const [device, admin, operations, gateway, gatewayOperations] = ports
    const file = path.join(cwd, 'sallyport.yaml')
    const text = readFileSync(file, 'utf8')
      // The other person of the page would have to agree between its lines.
      .replace(/^authority:\n/m, 'authority:\n  admin: { insecureSinglePerson: true }\n')
      .replace('0.0.0.0:8443', `127.0.0.1:${device}`)
      .replaceAll(':8444', `:${admin}`)
      .replace(':8445', `:${operations}`)
      .replace('0.0.0.0:8440', `127.0.0.1:${gateway}`)
      .replace(':8446', `:${gatewayOperations}`)
    writeFileSync(file, text)
    mkdirSync(bin, { recursive: true })
    const command = path.join(bin, 'sallyport')
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${binary}" "$@"\n`)
    chmodSync(command, 0o755)
    await serve()
  })
  after(async () => {
    await end()
    service.close()
  })

  async function serve(): Promise<void> {
    const child = spawn(process.execPath, [binary, 'serve'], {
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    process_ = child
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk
        if (said.includes('gateway: ready')) resolve()
      })
      child.on('exit', () => reject(new Error(said)))
    })
  }

  async function end(): Promise<void> {
    const child = process_
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }

  /** The shell blocks under a heading, each as a shell has them. */
  async function run(heading: string): Promise<string> {
    let out = ''
    for (const block of shellBlocks(page, heading)) out += await shell(block)
    return out
  }

  function shellBlocks(markdown: string, heading: string): string[] {
    const [, section = ''] = markdown.split(`\n## ${heading}\n`)
    const [own = ''] = section.split('\n## ')
    const blocks = blocksOf(own, 'sh')
    assert.ok(blocks.length > 0, heading)
    return blocks
  }

  function shell(block: string): Promise<string> {
    const env = {
      ...process.env,
      PATH: `${bin}:${process.env['PATH']}`,
      NO_COLOR: '1',
      SALLYPORT_PASSPHRASE: passphrase,
    }
    return new Promise((resolve, reject) => {
      execFile('sh', ['-euc', block], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${block}\n${stdout}\n${stderr}`))
      })
    })
  }

  async function enroll(): Promise<Identity> {
    const token = await sallyport(['tokens', 'create', '--json'], { cwd })
    const { token: enrollmentToken } = JSON.parse(token.stdout) as { token: string }
    const agent = new https.Agent({ ca, keepAlive: false, servername: 'enroll.example.com' })
    const url = `https://127.0.0.1:${ports[0]}`
    const asked = await post(
      url + devicePaths.challenges,
      { appId: 'wallet', purpose: 'enroll' },
      agent,
    )
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const body = {
      appId: 'wallet',
      challenge: asked.body['challenge'],
      csr: toBase64url(createSigningRequest(key)),
      enrollmentToken,
      platform: 'other',
      appVersion: '1.0.0',
    }
    const answer = await post(url + devicePaths.certificates, body, agent)
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    const { certificates } = answer.body as unknown as IssuedCertificate
    return {
      cert: certificates
        .map((der) => toPem('CERTIFICATE', fromBase64url(der) ?? new Uint8Array()))
        .join(''),
      key: String(key.privateKey.export({ format: 'pem', type: 'pkcs8' })),
      issuer: certificates[1],
    }
  }

  function isServed({ cert, key }: Identity): Promise<boolean> {
    return new Promise((resolve) => {
      const request = https.get(`https://127.0.0.1:${ports[3]}/`, {
        ca,
        cert,
        key,
        servername: 'api.example.com',
        headers: { host: 'api.example.com' },
        agent: false,
      })
      request.on('response', (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      })
      request.on('error', () => resolve(false))
    })
  }

  async function servedWithin(ms: number, identity: Identity, wanted: boolean): Promise<number> {
    const started = performance.now()
    while ((await isServed(identity)) !== wanted) {
      if (performance.now() - started > ms) throw new Error(`not ${wanted} within ${ms} ms`)
      await sleep(10)
    }
    return performance.now() - started
  }

  let first: Identity

  test('rotation: the new CA is announced, and every device goes on', async () => {
    first = await enroll()
    await servedWithin(5_000, first, true)
    const out = await run('Rotate a CA')
    assert.match(out, /announced/)
    assert.ok(await isServed(first))
  })

  test('lost key: within a second of the answer nothing of the CA is served, and devices enrol anew', async () => {
    await run('A key was lost or leaked')
    const tookMs = await servedWithin(1_000, first, false)
    console.log(`refused ${Math.round(tookMs)} ms after the commands had returned`)
    const again = await enroll()
    assert.notEqual(again.issuer, first.issuer)
    await servedWithin(1_000, again, true)
    assert.equal(await isServed(first), false)
    first = again
  })

  test('root offline: a request goes out, a certificate comes in, and what issues goes on', async () => {
    const out = await run('Keep the root offline')
    assert.match(out, /wallet\.crt: OK/)
    assert.match(out, /announced/)
    assert.ok(await isServed(first))
    assert.equal((await enroll()).issuer, first.issuer)
  })

  test('another root: CAs are requested of it, and what was issued before is believed', async () => {
    await run('Make another root')
    assert.ok(await isServed(first))
  })

  test('with all but the newest withdrawn, it issues', async () => {
    const { stdout } = await sallyport(['ca', 'list', '--json'], { cwd })
    const { issuers } = JSON.parse(stdout) as {
      issuers: { id: string; status: string; issuesFrom: string }[]
    }
    const active = issuers
      .filter(({ status }) => status === 'active')
      .toSorted((one, other) => Date.parse(one.issuesFrom) - Date.parse(other.issuesFrom))
    for (const { id } of active.slice(0, -1)) {
      const withdrawn = await sallyport(['ca', 'withdraw', id, '--yes'], { cwd })
      assert.equal(withdrawn.code, 0, withdrawn.stderr)
    }
    const last = await enroll()
    await servedWithin(1_000, last, true)
    await servedWithin(1_000, first, false)
    first = last
  })

  test('what was signed and is not in the registry is told, and refused within a second by its thumbprint', async () => {
    const [compare = '', revoke = ''] = shellBlocks(signerPage, 'What it signed')
    await shell(compare)
    const recorded = await enroll()
    const unrecorded = await enroll()
    await servedWithin(1_000, unrecorded, true)
    const { fingerprint256, serialNumber } = new X509Certificate(unrecorded.cert)
    const thumbprint = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
    const store = new DatabaseSync(path.join(cwd, 'state/sallyport.db'))
    // As an authority leaves it that was taken over: signed, handed out, and recorded nowhere.
    store.prepare('delete from certificates where thumbprint = ?').run(thumbprint)
    store.close()
    await assert.rejects(shell(compare), (error) => {
      assert.ok(String(error).includes(thumbprint), String(error))
      assert.match(String(error), /signed, and not in the registry/)
      return true
    })
    const { stdout } = await sallyport(['doctor'], { cwd })
    assert.match(stdout, /1 of \d+ that were signed since yesterday are not in the registry/)
    assert.ok(await isServed(unrecorded), serialNumber)
    await shell(revoke)
    const tookMs = await servedWithin(1_000, unrecorded, false)
    console.log(`refused ${Math.round(tookMs)} ms after the command had returned`)
    await shell(compare)
    assert.ok(await isServed(recorded))
  })

  test('passphrase: after a restart the keys open with the new one, and with the old one no more', async () => {
    await run('Change the passphrase')
    await end()
    const env = { SALLYPORT_PASSPHRASE: passphrase }
    assert.match(
      (await sallyport(['serve', '--config', path.join(cwd, 'sallyport.yaml')], { env })).stderr,
      /key_passphrase_wrong/,
    )
    await serve()
    await enroll()
    assert.ok(await isServed(first))
  })
})
