import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import {
  createRoot,
  fileKeyProvider,
  generateKey,
  type Issuer,
  issueDeviceCa,
  parseSigningRequest,
  requestFromPem,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'
import { movableClock } from '../fixture/clock.ts'
import { deploy, type Deployment } from '../fixture/deployment.ts'
import { follow } from '../fixture/gateway.ts'
import { enroll, renew } from '../fixture/phone.ts'
import { onlyInFiles } from '../fixture/token-place.ts'

const kind = 'development' as const
const list = async (deployment: Deployment) => (await deployment.admin('/admin/v1/issuers')).body
const rotate = (deployment: Deployment, body: object = { appId: 'wallet', kind }) =>
  deployment.admin('/admin/v1/issuers', { body })

async function offlineRoot(): Promise<Issuer> {
  const key = signingKeyOf(await generateKey('ec-p384'))
  const certificate = await createRoot({ key, commonName: 'Offline Root', kind, now: Date.now() })
  return { key, certificate }
}

/** What the machine with the root makes of a request. */
async function issue(root: Issuer, request: string, facts: object = {}): Promise<string> {
  const { spki } = parseSigningRequest(requestFromPem(request), { keyKinds: ['ec-p256'] })
  const profile = { appId: 'wallet', trustDomain: 'dev.example.com', kind, ...facts }
  return toPem(
    'CERTIFICATE',
    (await issueDeviceCa({ root, key: { spki }, now: Date.now(), ...profile })).der,
  )
}

async function importRoot(deployment: Deployment, root: Issuer) {
  const body = { certificate: toPem('CERTIFICATE', root.certificate.der) }
  return deployment.admin(`/admin/v1/roots/${kind}/import`, { body })
}

const issuerOf = (phone: { issued: { certificates: readonly string[] } }) =>
  phone.issued.certificates[1]

test('a CA that is rotated in issues after a minute, the one before is believed, and devices change at renewal', async () => {
  const clock = movableClock()
  const deployment = await deploy({ now: clock.now })
  try {
    const phone = await enroll(deployment)
    const made = await rotate(deployment)
    assert.equal(made.status, 200, made.text)
    const next = made.body.issuer
    assert.equal(issuerOf(await enroll(deployment)), issuerOf(phone), 'announced, and not issuing')
    clock.moveMinutes(1.1)
    assert.equal(issuerOf(await enroll(deployment)), next.certificate)
    const renewed = await renew(deployment, phone)
    assert.equal(renewed.status, 201, renewed.text)
    assert.equal(renewed.body.certificates[1], next.certificate)
    const snapshot = await list(deployment)
    assert.equal(
      snapshot.issuers.filter((each: { status: string }) => each.status === 'active').length,
      3,
    )
  } finally {
    await deployment.close()
  }
})

test('a CA that was withdrawn is told to gateways at once, believed by nobody, and followed at once', async () => {
  const deployment = await deploy()
  try {
    const phone = await enroll(deployment)
    const feed = await follow(deployment)
    const ca = (await list(deployment)).issuers.find((each: { kind: string }) => each.kind === kind)
    const path = `/admin/v1/issuers/${ca.id}/withdraw`
    const withdrawn = await deployment.admin(path, { body: { reason: 'leaked' } })
    assert.equal(withdrawn.status, 200, withdrawn.text)
    const [made] = withdrawn.body.made
    await feed.until(({ data }) =>
      JSON.stringify(data).includes(`"key":"${ca.id}","status":"revoked"`),
    )
    feed.close()
    const refused = await renew(deployment, phone)
    assert.deepEqual([refused.status, refused.body.action], [401, 're-enroll'])
    const again = await enroll(deployment)
    assert.equal(issuerOf(again), made.issuer.certificate)
    assert.equal((await deployment.admin(path, { body: {} })).status, 200, 'the same again')
    const audit = (await deployment.admin('/admin/v1/audit')).text
    assert.match(audit, /issuer\.withdrawn/)
  } finally {
    await deployment.close()
  }
})

test('with its root elsewhere a CA is requested, imported, and issues; what was there goes on', async () => {
  const deployment = await deploy()
  try {
    const phone = await enroll(deployment)
    const root = await offlineRoot()
    assert.equal((await importRoot(deployment, root)).status, 200)
    const { request } = (await rotate(deployment)).body
    assert.equal(issuerOf(await enroll(deployment)), issuerOf(phone))
    const certificate = await issue(root, request.request)
    const imported = await deployment.admin('/admin/v1/issuers/import', { body: { certificate } })
    assert.equal(imported.status, 200, imported.text)
    assert.equal(imported.body.id, request.id)
    // The one before withdrawn, the imported one issues whatever its announcement.
    const before = (await list(deployment)).issuers.find(
      (each: { certificate: string }) => each.certificate === issuerOf(phone),
    )
    await deployment.admin(`/admin/v1/issuers/${before.id}/withdraw`, { body: {} })
    assert.equal(issuerOf(await enroll(deployment)), imported.body.certificate)
  } finally {
    await deployment.close()
  }
})

test('while the only CA waits for its root, enrolment says so, and may be repeated', async () => {
  const deployment = await deploy()
  try {
    const root = await offlineRoot()
    await importRoot(deployment, root)
    const ca = (await list(deployment)).issuers.find((each: { kind: string }) => each.kind === kind)
    const { made } = (await deployment.admin(`/admin/v1/issuers/${ca.id}/withdraw`, { body: {} }))
      .body
    await assert.rejects(enroll(deployment), /503/)
    await deployment.restart()
    assert.equal((await list(deployment)).requests.length, 1, 'a restart asks for no second one')
    const certificate = await issue(root, made[0].request.request)
    await deployment.admin('/admin/v1/issuers/import', { body: { certificate } })
    await enroll(deployment)
  } finally {
    await deployment.close()
  }
})

test('a certificate that is none of what was asked for is refused', async () => {
  const deployment = await deploy()
  try {
    const [root, other] = [await offlineRoot(), await offlineRoot()]
    await importRoot(deployment, root)
    const { request } = (await rotate(deployment)).body
    const stranger = signingKeyOf(await generateKey('ec-p256'))
    const base = { root, appId: 'wallet', trustDomain: 'dev.example.com', kind, now: Date.now() }
    const wrong: Record<string, string> = {
      'another root': await issue(other, request.request),
      'another app': await issue(root, request.request, { appId: 'bank' }),
      'another trust domain': await issue(root, request.request, { trustDomain: 'example.com' }),
      'another kind': await issue(root, request.request, { kind: 'device' }),
      'no longer in date': await issue(root, request.request, { now: Date.now() - 9e11, years: 1 }),
      'another key': toPem('CERTIFICATE', (await issueDeviceCa({ ...base, key: stranger })).der),
      'a root': toPem('CERTIFICATE', root.certificate.der),
      'no certificate': 'text',
    }
    for (const [what, certificate] of Object.entries(wrong)) {
      const answer = await deployment.admin('/admin/v1/issuers/import', { body: { certificate } })
      assert.ok([400, 409].includes(answer.status), `${what}: ${answer.text}`)
    }
    const listed = await list(deployment)
    assert.equal(listed.requests.length, 1)
  } finally {
    await deployment.close()
  }
})

test('a key that is not here is no reason not to start: another authority may have it', {
  skip: onlyInFiles('a file is taken away') ?? false,
}, async () => {
  const deployment = await deploy()
  try {
    await rotate(deployment)
    const keys = fileKeyProvider({
      directory: `${deployment.directory}/keys`,
      passphrase: () => Promise.resolve('x'),
    })
    const name = (await keys.list()).find((each) => each.startsWith('development-ca-wallet-2'))
    assert.ok(name)
    await deployment.restart({
      whileDown: () => {
        rmSync(`${deployment.directory}/keys/${name}.key.json`)
      },
    })
    await enroll(deployment)
  } finally {
    await deployment.close()
  }
})
