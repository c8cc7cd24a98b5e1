import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  isListOf,
  parseCertificate,
  parseCertificateList,
  readDistributionPoints,
} from '@sallyport/pki'
import { quietPort } from '@sallyport/virtual-device'
import { binary, type Development, endLeftOver, newFolder, sallyport } from '../sallyport.ts'
import { blocksOf } from '../guide/guide.ts'
import { ask, open, placeOf } from './connection.ts'
import { enrollDevice, startEdited } from './edited-development.ts'

let dev: Development
let url: string
before(async () => {
  const port = await quietPort()
  url = `http://127.0.0.1:${port}`
  dev = await startEdited((config) => {
    const { authority, apps } = config as unknown as Edited
    authority.listeners['status'] = { listen: `127.0.0.1:${port}` }
    authority.status = { url, shards: 2 }
    const [app] = Object.values(apps)
    if (app !== undefined) app.certificate['revocation'] = 'published'
  })
})
after(async () => {
  await dev.end()
  endLeftOver()
})

type Edited = {
  authority: { listeners: Record<string, object>; status?: object }
  apps: Record<string, { certificate: Record<string, unknown> }>
}

const run = (...args: string[]) => sallyport([...args, '--config', dev.facts.configFile])
const leafOf = ({ cert }: { cert: string }) => {
  const [, base64 = ''] = /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(cert) ?? []
  return parseCertificate(Buffer.from(base64, 'base64'))
}
const listOf = async (address: string) => {
  const answer = await fetch(address)
  assert.equal(answer.status, 200)
  return parseCertificateList(new Uint8Array(await answer.arrayBuffer()))
}

test('a gateway takes a device whose status is published, and refuses it as every other once it is revoked', async () => {
  const identity = await enrollDevice(dev)
  const leaf = leafOf(identity)
  const points = leaf.extensions.get('2.5.29.31')?.value ?? new Uint8Array()
  const [address = ''] = readDistributionPoints(points)
  assert.ok(address.startsWith(`${url}/crl/`))
  const place = placeOf(dev.facts)
  const status = async () => (await ask(await open(place, identity), place)).status
  assert.equal(await status(), 200)
  const revoked = await run('devices', 'revoke', identity.id, '--yes')
  assert.equal(revoked.code, 0, revoked.stderr)
  await assert.rejects(async () => assert.equal(await status(), 200))
  for (let round = 0; !(await listOf(address)).revoked.has(leaf.serial); round++) {
    assert.ok(round < 400, 'not on the list within forty seconds')
    await sleep(100)
  }
})

test('`certificates lists` tells every list, in words and as JSON', async () => {
  const { code, stdout, stderr } = await run('certificates', 'lists')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^demo +shard 1 +current +\d+ .*http:\/\/127\.0\.0\.1:\d+\/crl\//m)
  assert.match(stdout, /^\(root\) +full +current +0 /m)
  const lists = JSON.parse((await run('certificates', 'lists', '--json')).stdout)
  // Of the CA of devices and that of development devices, and of both roots.
  assert.equal(lists.length, 2 * 3 + 2)
})

test('doctor asks at the addresses that certificates have', async () => {
  const { stdout } = await run('doctor', '--json')
  const findings = JSON.parse(stdout) as { check: string; verdict: string; found: string }[]
  const own = findings.filter(({ check }) => check === 'published status')
  assert.deepEqual(
    own.map(({ verdict }) => verdict),
    ['ok'],
  )
  assert.match(own[0]?.found ?? '', /entries, lapses in/)
})

test('a list that is of no root, or not newer, is not imported', async () => {
  const { lists } = { lists: JSON.parse((await run('certificates', 'lists', '--json')).stdout) }
  const root = lists.find(({ appId }: { appId: string | null }) => appId === null)
  const [address] = root.addresses
  const published = await listOf(address)
  const certificate = await fetch(address.replace('/crl/', '/ca/').replace('.crl', '.cer'))
  assert.ok(isListOf(published, parseCertificate(new Uint8Array(await certificate.arrayBuffer()))))
  const file = path.join(newFolder(), 'root.crl')
  writeFileSync(file, published.der)
  // The very list that is published: repeated, nothing changes.
  const again = await run('ca', 'import-list', file)
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stdout, /^List \d+ of the root is published, with 0 CAs on it$/m)
  writeFileSync(file, 'not a list')
  const refused = await run('ca', 'import-list', file)
  assert.equal(refused.code, 1, refused.stdout)
  assert.match(refused.stderr, /revocation_list_refused/)
  const missing = await run('ca', 'import-list', path.join(newFolder(), 'none.crl'))
  assert.equal(missing.code, 3)
})

test('the lines of the guide say what is so of a device, and fetch the lists of the whole chain', async () => {
  const identity = await enrollDevice(dev)
  const cwd = newFolder()
  writeFileSync(path.join(cwd, 'device.crt'), identity.cert)
  const page = readFileSync(
    new URL('../../../../../docs/guide/published-status.md', import.meta.url),
    'utf8',
  )
  const [byHand = '', fetched = ''] = blocksOf(page, 'sh')
  const run = (lines: string) =>
    promisify(execFile)('bash', ['-eo', 'pipefail', '-c', `${command}\n${lines}`], { cwd }).then(
      ({ stdout, stderr }) => stderr + stdout,
    )
  const command = `sallyport() { "${process.execPath}" "${binary}" "$@" --config "${dev.facts.configFile}"; }`
  const said = await run(byHand)
  assert.match(said, /X509v3 Issuing Distribution Point: critical/)
  assert.match(said, /device\.crt: OK/)
  assert.match(said, /Response verify OK[^]*device\.crt: good/)
  const told = await run(fetched)
  const lists = readFileSync(path.join(cwd, 'crl.pem'), 'utf8').match(/BEGIN X509 CRL/g)
  assert.equal(lists?.length, 2 + 2, told)
})
