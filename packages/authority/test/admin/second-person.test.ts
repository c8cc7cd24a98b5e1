import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { json } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import type { Role } from '../../src/admin/roles.ts'
import { createTokenOnHost } from '../../src/admin/token-on-host.ts'
import { openStore } from '../../src/store/store.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { enroll } from '../fixture/phone.ts'
import { storeIn } from '../fixture/store-place.ts'

const clock = movableClock()
let deployment: Deployment
/** Tokens of two people, each made on the host. */
let ada: string
let grace: string
before(async () => {
  const authority = '  admin: { insecureSinglePerson: false }'
  deployment = await deploy({ now: clock.now, authority })
  ada = await person('admin')
  grace = await person('admin')
})
after(() => deployment.close())

async function person(role: Role): Promise<string> {
  const store = storeIn(deployment.directory)
  const made = { store, label: role, role, by: 'root', now: clock.now() }
  return (await createTokenOnHost(made)).token
}

const as = (token: string, path: string, body?: object) =>
  deployment.admin(`/admin/v1/${path}`, {
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body }),
  })
const statusOf = async (id: string) => (await as(ada, `devices/${id}`)).body.device.status
const issuers = async () => (await as(ada, 'issuers')).body.issuers.length
const audit = async () => (await as(ada, 'audit?limit=1000')).body.rows as AuditRow[]
type AuditRow = { actor: string; action: string; subject: string; detail: object }

/** Changes until the next one of this hour needs a second person. */
async function useUp(): Promise<string> {
  const { deviceId } = (await enroll(deployment)).issued
  for (let change = 0; change < 60; change++) {
    const verb = change % 2 === 0 ? 'suspend' : 'resume'
    const answer = await as(ada, `devices/${deviceId}/${verb}`, {})
    if (answer.status === 202) return deviceId
    assert.equal(answer.status, 200, answer.text)
    assert.ok(change < 20, 'more than 20 changes of status went through')
  }
  throw new Error('no second person is asked for')
}

test('the twenty-first change of an hour waits for somebody else, and is then made once', async () => {
  clock.move(1)
  await useUp()
  const { deviceId } = (await enroll(deployment)).issued
  const waits = await as(ada, `devices/${deviceId}/suspend`, { reason: 'lost' })
  assert.equal(waits.status, 202)
  assert.equal(await statusOf(deviceId), 'active')
  const { id } = waits.body.proposal
  const again = await as(ada, `devices/${deviceId}/suspend`, { reason: 'lost' })
  assert.equal(again.body.proposal.id, id, 'the same call is the same proposal')

  const answers = await Promise.all([1, 2, 3].map(() => as(grace, `proposals/${id}/agree`, {})))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409, 409])
  const done = answers.find(({ status }) => status === 200)
  assert.equal(done?.body.proposal.outcome, 'done')
  assert.equal(done?.body.answer.device.id, deviceId)
  assert.equal(await statusOf(deviceId), 'suspended')

  const rows = await audit()
  const changes = rows.filter(
    (row) => row.action === 'device.suspended' && row.subject === deviceId,
  )
  assert.equal(changes.length, 1)
  assert.match(changes[0]?.actor ?? '', /^admin:adm_[a-z2-7]{26} and admin:adm_[a-z2-7]{26}$/)
  const told = rows.filter(({ subject }) => subject === id).map(({ action }) => action)
  assert.deepEqual(told, ['proposal.made', 'proposal.agreed'])
})

test('nobody agrees to what they proposed, with whatever token they made', async () => {
  const made = await as(ada, 'admin-tokens', { label: 'a second me', role: 'admin' })
  const { id } = (await as(ada, 'issuers', { appId: 'wallet' })).body.proposal
  for (const token of [ada, made.body.token]) {
    const refused = await as(token, `proposals/${id}/agree`, {})
    assert.deepEqual([refused.status, refused.body.code], [403, 'proposal_own'])
  }
  assert.equal((await as(ada, `proposals/${id}/decline`, {})).body.status, 'declined')
  assert.equal((await as(grace, `proposals/${id}/agree`, {})).body.code, 'proposal_decided')
})

test('the revocation of one device is never held up by what others did', async () => {
  clock.move(1)
  await useUp()
  const [one, two] = await Promise.all([enroll(deployment), enroll(deployment)])
  const first = await as(grace, `devices/${one.issued.deviceId}/revoke`, {})
  assert.equal(first.status, 200, first.text)
  assert.equal((await as(grace, `devices/${two.issued.deviceId}/revoke`, {})).status, 202)
  clock.moveMinutes(1)
  assert.equal((await as(grace, `devices/${two.issued.deviceId}/revoke`, {})).status, 200)
  clock.moveMinutes(60)
  assert.equal(
    (await as(ada, `devices/${(await enroll(deployment)).issued.deviceId}/suspend`, {})).status,
    200,
  )
})

test('nothing is proposed under one address that is made under another', async () => {
  clock.move(1)
  await useUp()
  const made = await as(grace, 'admin-tokens', { label: 'of the night', role: 'viewer' })
  const { id } = made.body.adminToken
  // A URL takes each backslash for a slash, and two dots for a step back.
  const path = `/admin/v1/devices/x\\..\\..\\admin-tokens\\${id}/revoke`
  const asked = await rawPost(path, ada)
  assert.deepEqual([asked.status, asked.code], [400, 'message_malformed'])
  assert.ok(!(await as(ada, 'proposals')).text.includes(id))
})

/** A call whose address no client makes another one of. */
async function rawPost(path: string, token: string): Promise<{ status: number; code: string }> {
  const origin = deployment.authority.addresses.admin
  const { request } = origin.startsWith('https') ? https : http
  const asking = request(`${origin}/`, {
    ca: deployment.caPem,
    path,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  })
  const [response] = (await once(asking.end('{}'), 'response')) as [http.IncomingMessage]
  const { code } = (await json(response)) as { code: string }
  return { status: response.statusCode ?? 0, code }
}

test('certificates count among the changes', async () => {
  clock.move(1)
  await useUp()
  const { deviceId } = (await enroll(deployment)).issued
  const { certificates } = (await as(ada, `devices/${deviceId}`)).body
  const path = `certificates/${certificates[0].thumbprint}/revoke`
  const waits = await as(ada, path, {})
  assert.equal(waits.status, 202)
  const agreed = await as(grace, `proposals/${waits.body.proposal.id}/agree`, {})
  assert.equal(agreed.body.answer.certificate.status, 'revoked')
})

test('those of servers count, too', async () => {
  clock.move(1)
  await useUp()
  const thumbprint = 'A'.repeat(43)
  const der = Buffer.alloc(1)
  const store = await openStore(storeIn(deployment.directory))
  await store.write((tx) =>
    tx
      .insertInto('service_certificates')
      .values({
        thumbprint,
        serial: '1',
        app_id: 'wallet',
        account_id: 'acc_none',
        issuer_id: thumbprint,
        names: '[]',
        der,
        issuer_der: der,
        spki_sha256: thumbprint,
        published: 0,
        not_before: clock.now(),
        not_after: clock.now() + 86_400_000,
        issued_at: clock.now(),
        revoked_at: null,
        reason: null,
      })
      .execute(),
  )
  await store.close()
  const waits = await as(ada, `acme/service-certificates/${thumbprint}/revoke`, {})
  assert.equal(waits.status, 202, waits.text)
})

test('a CA is added by two', async () => {
  const before = await issuers()
  const waits = await as(ada, 'issuers', { appId: 'wallet', lane: 'mdm' })
  assert.equal(waits.status, 202, waits.text)
  assert.equal(await issuers(), before)
  const agreed = await as(grace, `proposals/${waits.body.proposal.id}/agree`, {})
  assert.equal(agreed.body.proposal.outcome, 'done', agreed.text)
  assert.equal(await issuers(), before + 1)
})

const alwaysTwo: { path: string; body: object }[] = [
  { path: 'issuers', body: { appId: 'wallet' } },
  { path: 'issuers/import', body: { certificate: 'x' } },
  { path: 'roots/device/import', body: { certificate: 'x' } },
  { path: `issuers/${'a'.repeat(43)}/withdraw`, body: {} },
  { path: 'feed/keys/replace', body: { reason: 'x' } },
  { path: 'feed/unconfirmed/drop', body: { keys: ['x'], reason: 'x' } },
  { path: 'attestation/status-list/accept', body: { sha256: '0'.repeat(64) } },
  { path: 'webhooks/siem/disable', body: {} },
  { path: 'webhooks/siem/enable', body: { skip: true } },
  { path: 'webhooks/siem/retry', body: { from: { chain: 'authority', after: 0 } } },
]
for (const { path, body } of alwaysTwo) {
  test(`POST ${path} is for two`, async () => {
    const answer = await as(ada, path, body)
    assert.equal(answer.status, 202, answer.text)
    assert.equal(answer.body.proposal.status, 'open')
  })
}

test('what is refused when it is made is told so, and was decided', async () => {
  const path = `issuers/${'b'.repeat(43)}/withdraw`
  const { id } = (await as(ada, path, {})).body.proposal
  const agreed = await as(grace, `proposals/${id}/agree`, {})
  assert.equal(agreed.status, 200)
  assert.equal(agreed.body.proposal.outcome, 'issuer_unknown')
  assert.equal((await as(grace, `proposals/${id}/agree`, {})).status, 409)
})

test('whoever agrees must be allowed to do it themselves', async () => {
  const { id } = (await as(ada, 'issuers', { appId: 'wallet', lane: 'kiosk' })).body.proposal
  const operator = await person('operator')
  const low = await as(operator, `proposals/${id}/agree`, {})
  assert.equal(low.body.code, 'admin_role_too_low')
  const order = { label: 'agrees', role: 'admin', verbs: ['read', 'agree'] }
  const narrow = (await as(grace, 'admin-tokens', order)).body.token
  assert.equal((await as(narrow, `proposals/${id}/agree`, {})).body.code, 'admin_scope_too_narrow')
  const ofApp = { label: 'of an app', role: 'admin', apps: ['wallet'] }
  const scoped = (await as(grace, 'admin-tokens', ofApp)).body.token
  assert.equal((await as(scoped, `proposals/${id}/agree`, {})).status, 403)
  const { proposals } = (await as(grace, 'proposals')).body
  assert.ok(
    proposals.some((open: { id: string }) => open.id === id),
    'it is open still',
  )
})

test('nobody agrees to what was proposed by a token that was revoked since', async () => {
  const thief = await person('admin')
  const left = await person('admin')
  const proposed = async (token: string) =>
    (await as(token, 'issuers', { appId: 'wallet' })).body.proposal.id as string
  const [stolen, own] = [await proposed(thief), await proposed(left)]
  const { id } = (await as(thief, 'whoami')).body
  assert.equal((await as(ada, `admin-tokens/${id}/revoke`, { reason: 'stolen' })).status, 200)
  const refused = await as(grace, `proposals/${stolen}/agree`, {})
  assert.equal(refused.body.code, 'proposal_decided')
  // Who logs out means it all the same.
  assert.equal((await as(left, 'sessions/end', {})).status, 200)
  assert.equal((await as(grace, `proposals/${own}/agree`, {})).status, 200)
})

test('whoever may not agree has nothing declined but their own', async () => {
  const support = await person('support')
  const { id } = (await as(ada, 'issuers', { appId: 'wallet' })).body.proposal
  const refused = await as(support, `proposals/${id}/decline`, {})
  assert.equal(refused.body.code, 'admin_role_too_low')
  assert.equal((await as(grace, `proposals/${id}/decline`, {})).body.status, 'declined')
})

test('a proposal is open for a day', async () => {
  const { id } = (await as(ada, 'issuers', { appId: 'wallet', lane: 'late' })).body.proposal
  clock.move(1)
  const late = await as(grace, `proposals/${id}/agree`, {})
  assert.deepEqual([late.status, late.body.code], [409, 'proposal_decided'])
  const listed = (await as(grace, 'proposals?all=true')).body.proposals
  assert.equal(listed.find((one: { id: string }) => one.id === id).status, 'expired')
})

test('the header that lets an agreed call in is nothing that can be made up', async () => {
  for (const authorization of ['Agreed', 'Agreed x', `Agreed ${'A'.repeat(43)}`]) {
    const headers = { authorization }
    const refused = await deployment.admin('/admin/v1/issuers', {
      headers,
      body: { appId: 'wallet' },
    })
    assert.deepEqual([refused.status, refused.body.code], [401, 'admin_token_required'])
  }
})

test('nothing that is called insecure can be said to the API', async () => {
  const { body: document } = await deployment.admin('/admin/v1/openapi.json')
  const bodies = Object.entries(document.paths as Record<string, Record<string, Operation>>)
    .filter(([path]) => path.startsWith('/admin/v1'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { requestBody, parameters }]) => [
        { of: `${method} ${path}`, schema: requestBody?.content['application/json']?.schema },
        ...(parameters ?? []).map(({ name, schema }) => ({
          of: `${method} ${path}?${name}`,
          schema: { properties: { [name]: schema } },
        })),
      ]),
    )
  const names = new Set<string>()
  for (const { of, schema } of bodies) {
    if (schema === undefined) continue
    const resolved = resolve(schema, document)
    for (const name of membersOf(resolved, document)) {
      names.add(name)
      assert.doesNotMatch(name, /insecure/i, of)
    }
    // What a message does not name, it cannot hold.
    if (!of.includes('?')) assert.equal(resolved['additionalProperties'], false, of)
  }
  assert.ok(names.has('appId') && names.has('lifetimeSeconds'), 'the walk finds members')
})

type Schema = Record<string, unknown>
type Operation = {
  requestBody?: { content: Record<string, { schema: Schema }> }
  parameters?: { name: string; schema: Schema }[]
}

function resolve(schema: Schema, document: { components: { schemas: Record<string, Schema> } }) {
  const reference = schema['$ref']
  const name = typeof reference === 'string' ? (reference.split('/').at(-1) ?? '') : ''
  return name === '' ? schema : (document.components.schemas[name] ?? schema)
}

/** The names of all members, however deep. */
function membersOf(
  schema: unknown,
  document: { components: { schemas: Record<string, Schema> } },
): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if (Array.isArray(schema)) return schema.flatMap((part) => membersOf(part, document))
  const resolved = resolve(schema as Schema, document)
  const own = Object.keys((resolved['properties'] as object | undefined) ?? {})
  return [...own, ...Object.values(resolved).flatMap((part) => membersOf(part, document))]
}
