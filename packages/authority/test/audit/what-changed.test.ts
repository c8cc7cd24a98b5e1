// A table: every operation that writes, and the row of the audit log that is to tell of it.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import {
  createRoot,
  generateKey,
  issueDeviceCa,
  parseSigningRequest,
  requestFromPem,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'
import { devicePaths } from '@sallyport/wire'
import { createTokenOnHost } from '../../src/admin/token-on-host.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { reportOf } from '../fixture/gateway.ts'
import { enroll, enrollmentOf, makeKey, takeChallenge } from '../fixture/phone.ts'
import { storeIn } from '../fixture/store-place.ts'

const apps = `
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
    protocols: { acme: {}, scep: { lane: fleet } }
  kiosk:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], approval: required }
`
/** Where one person suffices, and where it takes two. */
let single: Deployment
let pair: Deployment
let other: string
before(async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-changes-'))
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
  writeFileSync(path.join(directory, 'hook.key'), secret, { mode: 0o600 })
  const authority = `    status: { listen: '127.0.0.1:0' }
  status: { url: 'http://status.example.com', shards: 1 }
  webhooks:
    siem: { url: 'https://siem.invalid/', secretFile: hook.key, events: [gateway.added] }`
  single = await deploy({ apps, directory, authority })
  pair = await deploy({ authority: '  admin: { insecureSinglePerson: false }' })
  const host = { label: 'other', role: 'admin', by: 'root', now: Date.now() } as const
  other = (await createTokenOnHost({ store: storeIn(pair.directory), ...host })).token
})
after(async () => {
  await single.close()
  await pair.close()
})

type Facts = Record<string, unknown> | null
/** A call, and the row that is to tell of it: members of a fact that are `anything` are there. */
type Change = {
  call: () => Promise<{ path: string; body?: object }>
  action: string
  before: Facts
  after: Facts
  at?: () => Deployment
  as?: () => string
}
const anything = Symbol('anything')

const post = async (at: string, body: object = {}, deployment = single) => {
  const answer = await deployment.admin(`/admin/v1/${at}`, { body })
  assert.ok(answer.status < 300, `${at}: ${answer.text}`)
  return answer.body
}
const device = async () => (await enroll(single)).issued.deviceId
const suspended = async () => {
  const id = await device()
  await post(`devices/${id}/suspend`)
  return id
}
const waiting = async () => {
  const challenge = await takeChallenge(single, 'enroll', 'kiosk')
  const body = enrollmentOf(makeKey(), challenge, 'kiosk')
  const answer = await single.device(devicePaths.certificates, { body })
  assert.equal(answer.status, 202, answer.text)
  return answer.body.approvalId as string
}
/** Of what an answer tells was made, beside the text of its secret. */
const madeId = (body: Record<string, { id?: string } | string>): string => {
  const ids = Object.values(body).map((one) => (typeof one === 'object' ? one.id : undefined))
  return ids.find((id) => id !== undefined) ?? assert.fail(JSON.stringify(Object.keys(body)))
}
const unconfirmed = async () => {
  const { epoch } = (await single.admin('/admin/v1/feed')).body
  const key = `dev_${Math.random()
    .toString(36)
    .slice(2)
    .replaceAll(/[^a-z2-7]/g, 'a')
    .padEnd(26, 'a')
    .slice(0, 26)}`
  const told = { kind: 'device', key, status: 'revoked', until: Date.now() + 3_600_000 }
  const report = reportOf({ epoch, unconfirmed: { total: 1, statuses: [told] } })
  const answer = await single.gatewayCall('/gateway/v1/reports', { body: report })
  assert.equal(answer.status, 204, answer.text)
}
const proposed = async () =>
  (await post('issuers', { appId: 'wallet', kind: 'development' }, pair)).proposal.id as string
const root = signingKeyOf(await generateKey('ec-p384'))
const rootCertificate = await createRoot({
  key: root,
  commonName: 'Offline Root',
  kind: 'development',
  now: Date.now() - 86_400_000,
})
const rootPem = toPem('CERTIFICATE', rootCertificate.der)
const reason = { reason: 'because' }
const activeThen = (status: string) => ({ before: { status: 'active' }, after: { status } })
const revokedNow = { before: { revokedAt: null }, after: { revokedAt: anything } }

/** Each operation that writes, and what it is to leave in the log. */
const changes: Record<string, Change> = {
  suspendDevice: {
    call: async () => ({ path: `devices/${await device()}/suspend`, body: reason }),
    action: 'device.suspended',
    ...activeThen('suspended'),
  },
  resumeDevice: {
    call: async () => ({ path: `devices/${await suspended()}/resume` }),
    action: 'device.resumed',
    before: { status: 'suspended' },
    after: { status: 'active' },
  },
  revokeDevice: {
    call: async () => ({ path: `devices/${await suspended()}/revoke` }),
    action: 'device.revoked',
    before: { status: 'suspended' },
    after: { status: 'revoked' },
  },
  revokeCertificate: {
    call: async () => {
      const { body } = await single.admin(`/admin/v1/devices/${await device()}`)
      return { path: `certificates/${body.certificates[0].thumbprint}/revoke` }
    },
    action: 'certificate.revoked',
    ...activeThen('revoked'),
  },
  refuseCertificates: {
    call: () =>
      Promise.resolve({
        path: 'certificates/refuse',
        body: {
          certificates: [{ thumbprint: 'x'.repeat(43), notAfter: '2099-01-01T00:00:00Z' }],
        },
      }),
    action: 'certificate.refused',
    before: { status: null },
    after: { status: 'revoked' },
  },
  agreeProposal: {
    call: async () => ({ path: `proposals/${await proposed()}/agree` }),
    at: () => pair,
    as: () => other,
    action: 'proposal.agreed',
    before: { status: 'open' },
    after: { status: 'agreed' },
  },
  declineProposal: {
    call: async () => ({ path: `proposals/${await proposed()}/decline` }),
    at: () => pair,
    action: 'proposal.declined',
    before: { status: 'open' },
    after: { status: 'declined' },
  },
  endTokens: {
    call: async () => ({ path: 'invalidations', body: { deviceId: await device() } }),
    action: 'device.tokens-ended',
    before: null,
    after: { issuedUntil: anything, until: anything },
  },
  lift: {
    call: async () => ({ path: 'lifts', body: { address: '192.0.2.7' } }),
    action: 'limits.lifted',
    before: null,
    after: { lifted: 'address', until: anything },
  },
  createEnrollmentToken: {
    call: async () => ({ path: 'enrollment-tokens', body: { appId: 'wallet', label: 'x' } }),
    action: 'enrollment-token.created',
    before: null,
    after: { label: 'x', expiresAt: anything },
  },
  revokeEnrollmentToken: {
    call: async () => {
      const id = madeId(await post('enrollment-tokens', { appId: 'wallet' }))
      return { path: `enrollment-tokens/${id}/revoke` }
    },
    action: 'enrollment-token.revoked',
    ...revokedNow,
  },
  approveEnrollment: {
    call: async () => ({ path: `approvals/${await waiting()}/approve` }),
    action: 'approval.approved',
    before: { status: 'pending' },
    after: { status: 'approved' },
  },
  denyEnrollment: {
    call: async () => ({ path: `approvals/${await waiting()}/deny` }),
    action: 'approval.denied',
    before: { status: 'pending' },
    after: { status: 'denied' },
  },
  replaceFeedKeys: {
    call: async () => ({ path: 'feed/keys/replace' }),
    action: 'feed-key.replaced',
    before: { kid: anything },
    after: { kid: anything },
  },
  confirmUnconfirmed: {
    call: async () => {
      await unconfirmed()
      return { path: 'feed/unconfirmed/confirm' }
    },
    action: 'feed.confirmed',
    before: { decision: 'open' },
    after: { decision: 'kept' },
  },
  dropUnconfirmed: {
    call: async () => {
      await unconfirmed()
      return { path: 'feed/unconfirmed/drop', body: reason }
    },
    action: 'feed.dropped',
    before: { decision: 'open' },
    after: { decision: 'dropped' },
  },
  revokeGateway: {
    call: async () => {
      await single.gatewayCall('/gateway/v1/snapshot')
      return { path: 'gateways/gateway-1/revoke' }
    },
    action: 'gateway.revoked',
    ...activeThen('revoked'),
  },
  makeIssuer: {
    call: async () => ({ path: 'issuers', body: { appId: 'wallet', kind: 'development' } }),
    action: 'issuer.created',
    before: null,
    after: {
      status: 'active',
      kind: 'development',
      lane: '',
      trustDomain: anything,
      notAfter: anything,
    },
  },
  withdrawIssuer: {
    call: async () => {
      const { body } = await single.admin('/admin/v1/issuers')
      const { id } = body.issuers.find((one: { kind: string }) => one.kind === 'unattested')
      return { path: `issuers/${id}/withdraw`, body: reason }
    },
    action: 'issuer.withdrawn',
    ...activeThen('revoked'),
  },
  importRoot: {
    call: async () => ({ path: 'roots/development/import', body: { certificate: rootPem } }),
    action: 'root.imported',
    before: { thumbprint: anything, notAfter: anything },
    after: { thumbprint: rootCertificate.thumbprint, notAfter: rootCertificate.notAfter },
  },
  importIssuer: {
    call: async () => {
      await post('roots/development/import', { certificate: rootPem })
      const made = await post('issuers', { appId: 'wallet', kind: 'development' })
      const text = requestFromPem(made.request.request)
      const { spki } = parseSigningRequest(text, { keyKinds: ['ec-p256'] })
      const certificate = await issueDeviceCa({
        root: { key: root, certificate: rootCertificate },
        key: { spki },
        now: Date.now(),
        appId: 'wallet',
        trustDomain: 'dev.example.com',
        kind: 'development',
      })
      return {
        path: 'issuers/import',
        body: { certificate: toPem('CERTIFICATE', certificate.der) },
      }
    },
    action: 'issuer.imported',
    before: { status: 'pending', notAfter: null },
    after: { status: 'active', notAfter: anything },
  },
  retryWebhook: {
    call: async () => ({
      path: 'webhooks/siem/retry',
      body: { from: { chain: 'authority', after: 1 } },
    }),
    action: 'webhook.retried',
    before: { after: anything },
    after: { after: 1 },
  },
  disableWebhook: {
    call: async () => ({ path: 'webhooks/siem/disable', body: reason }),
    action: 'webhook.disabled',
    ...activeThen('disabled'),
  },
  enableWebhook: {
    call: async () => {
      await post('webhooks/siem/disable')
      return { path: 'webhooks/siem/enable' }
    },
    action: 'webhook.enabled',
    before: { status: 'disabled' },
    after: { status: 'active' },
  },
  createAdminToken: {
    call: async () => ({ path: 'admin-tokens', body: { label: 'x', role: 'viewer' } }),
    action: 'admin-token.created',
    before: null,
    after: {
      label: 'x',
      role: 'viewer',
      kind: 'token',
      expiresAt: anything,
      apps: null,
      verbs: null,
      networks: null,
    },
  },
  revokeAdminToken: {
    call: async () => {
      const id = madeId(await post('admin-tokens', { label: 'x', role: 'viewer' }))
      return { path: `admin-tokens/${id}/revoke` }
    },
    action: 'admin-token.revoked',
    ...revokedNow,
  },
  createAcmeCredential: {
    call: async () => ({ path: 'acme/credentials', body: { appId: 'wallet', label: 'x' } }),
    action: 'acme-credential.created',
    before: null,
    after: { label: 'x', expiresAt: anything },
  },
  revokeAcmeCredential: {
    call: async () => {
      const id = madeId(await post('acme/credentials', { appId: 'wallet' }))
      return { path: `acme/credentials/${id}/revoke` }
    },
    action: 'acme-credential.revoked',
    ...revokedNow,
  },
  createMdmCredential: {
    call: async () => ({ path: 'mdm/credentials', body: { appId: 'wallet', label: 'x' } }),
    action: 'mdm-credential.created',
    before: null,
    after: { label: 'x', lane: 'fleet', maxPerHour: anything },
  },
  revokeMdmCredential: {
    call: async () => {
      const id = madeId(await post('mdm/credentials', { appId: 'wallet' }))
      return { path: `mdm/credentials/${id}/revoke` }
    },
    action: 'mdm-credential.revoked',
    ...revokedNow,
  },
  endSession: {
    call: async () => ({ path: 'sessions/end' }),
    at: () => pair,
    as: () => other,
    action: 'admin-token.revoked',
    ...revokedNow,
  },
}

/** Where it takes more to come so far, and its row is looked at there. */
const elsewhere: Record<string, { file: string; action: string }> = {
  acceptStatusList: { file: 'trust/trust-keeper', action: 'status-list.accepted' },
  importRevocationList: { file: 'published/import-root-list', action: 'list.imported' },
  revokeServiceCertificate: {
    file: 'protocols/acme/service-certificates',
    action: 'service-certificate.revoked',
  },
  forgetUser: { file: 'privacy/forget-user', action: 'user.forgotten' },
  createSession: { file: 'admin/sign-in', action: 'admin-token.created' },
}

/** These change nothing that anybody decides by. */
const unchanging = new Set([
  'testWebhook',
  'makeAuditCheckpoint',
  'refreshAttestation',
  'findUsers',
  'exportUser',
])

test('every operation that writes is in one of the tables', async () => {
  const { body } = await single.admin('/admin/v1/openapi.json')
  const writing = Object.entries<Record<string, { operationId: string }>>(body.paths)
    .filter(([at]) => at.startsWith('/admin/'))
    .flatMap(([, methods]) => Object.entries(methods))
    .filter(([method]) => method !== 'get')
    .map(([, { operationId }]) => operationId)
  const known = [...Object.keys(changes), ...Object.keys(elsewhere), ...unchanging]
  assert.deepEqual(writing.toSorted(), known.toSorted())
})

type Row = {
  seq: number
  actor: string
  action: string
  detail: { before?: Facts; after?: Facts }
}
const rowsAfter = async (deployment: Deployment, seq: number): Promise<Row[]> =>
  (await deployment.admin(`/admin/v1/audit?limit=1000&after=${seq}`)).body.rows

for (const [operation, change] of Object.entries(changes)) {
  test(`${operation} tells who, what, before and after`, async () => {
    const deployment = change.at?.() ?? single
    const call = await change.call()
    const { seq } = (await rowsAfter(deployment, 0)).at(-1) ?? { seq: 0 }
    const token = change.as?.() ?? deployment.adminToken
    const headers = { authorization: `Bearer ${token}` }
    const { id } = (await deployment.admin('/admin/v1/whoami', { headers })).body
    const answer = await deployment.admin(`/admin/v1/${call.path}`, {
      headers,
      body: call.body ?? {},
    })
    assert.ok(answer.status < 300, answer.text)
    const rows = await rowsAfter(deployment, seq)
    const row = rows.find(({ action }) => action === change.action)
    assert.ok(row !== undefined, JSON.stringify(rows.map(({ action }) => action)))
    assert.equal(row.actor, `admin:${id}`)
    hold(row.detail.before, change.before)
    hold(row.detail.after, change.after)
    assert.doesNotMatch(JSON.stringify(rows), new RegExp(token))
  })
}

function hold(found: Facts | undefined, expected: Facts): void {
  assert.ok(found !== undefined, 'the row has no such member')
  if (expected === null || found === null) return assert.equal(found, expected)
  assert.deepEqual(Object.keys(found).toSorted(), Object.keys(expected).toSorted())
  for (const [name, value] of Object.entries(expected)) {
    if (value === anything) assert.ok(found[name] !== null && found[name] !== undefined, name)
    else assert.deepEqual(found[name], value, name)
  }
}

for (const [operation, { file, action }] of Object.entries(elsewhere)) {
  test(`${operation} is looked at in ${file}`, () => {
    const source = path.join(import.meta.dirname, '../../../test', `${file}.test.ts`)
    const text = readFileSync(source, 'utf8')
    assert.ok(text.includes(action) && /before: was, after: is/.test(text), source)
  })
}
