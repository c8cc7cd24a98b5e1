import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { twoApps } from '../fixture/apps.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { rowsOf } from '../fixture/old-store.ts'
import { enroll } from '../fixture/phone.ts'
import { withStore } from '../fixture/store-place.ts'

const apps = `${twoApps}    certificate: { lifetimeDays: 7 }
  kiosk:
    enrollment: { approval: required }
`

type Parameter = { name: string; in: string }
type Operation = { operationId: string; parameters?: Parameter[]; requestBody?: object }
type Route = { method: string; path: string; operation: Operation }

let deployment: Deployment
let routes: Route[]
let authorization: string
/** What is of the app that the token is not of, by the kind of thing that a route names. */
const others: Record<string, string> = {}
/** Nothing that such a token is told may hold one of these. */
let secrets: string[]

before(async () => {
  deployment = await deploy({ apps })
  await enroll(deployment, 'wallet')
  const { issued } = await enroll(deployment, 'bank')
  const { body: device } = await deployment.admin(`/admin/v1/devices/${issued.deviceId}`)
  const token = await deployment.admin('/admin/v1/enrollment-tokens', { body: { appId: 'bank' } })
  await deployment.admin(`/admin/v1/devices/${issued.deviceId}/suspend`, { body: {} })
  const resumed = await deployment.admin(`/admin/v1/devices/${issued.deviceId}/resume`, {
    body: {},
  })
  const admin = { label: 'of the bank', role: 'admin', apps: ['bank'] }
  const otherAdmin = await deployment.admin('/admin/v1/admin-tokens', { body: admin })
  Object.assign(others, {
    devices: issued.deviceId,
    certificates: device.certificates[0].thumbprint,
    appraisals: device.appraisal?.id ?? 'apl_none',
    'enrollment-tokens': token.body.enrollmentToken.id,
    'admin-tokens': otherAdmin.body.adminToken.id,
    changes: String(resumed.body.seq),
    gateways: 'gateway-1',
  })
  secrets = [
    ...['devices', 'certificates', 'appraisals', 'enrollment-tokens'].map(
      (kind) => others[kind] ?? '',
    ),
    device.certificates[0].serial,
    otherAdmin.body.adminToken.id,
    '"bank"',
  ]
  const mine = { label: 'of the wallet', role: 'admin', apps: ['wallet'] }
  const made = await deployment.admin('/admin/v1/admin-tokens', { body: mine })
  authorization = `Bearer ${made.body.token}`
  const { body: document } = await deployment.admin('/admin/v1/openapi.json')
  routes = Object.entries(document.paths as Record<string, Record<string, Operation>>)
    .filter(([path]) => path.startsWith('/admin/v1'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    )
    // It would end the token that asks.
    .filter(({ operation }) => operation.operationId !== 'endSession')
})
after(() => deployment.close())

/** Bodies that name something of the other app, where nothing in the path does. */
const bodies: Record<string, () => object> = {
  createAcmeCredential: () => ({ appId: 'bank' }),
  createMdmCredential: () => ({ appId: 'bank' }),
  createEnrollmentToken: () => ({ appId: 'bank' }),
  createAdminToken: () => ({ label: 'wider', role: 'viewer', apps: ['bank'] }),
  createSession: () => ({ idToken: 'x', nonceVerifier: 'x'.repeat(43) }),
  endTokens: () => ({ deviceId: others['devices'] }),
  lift: () => ({ device: others['devices'] }),
  acceptStatusList: () => ({ sha256: '0'.repeat(64) }),
}

/** The address of a route with the other app's thing in its path, and with the other app in its query. */
function addressesOf({ path, operation }: Route): string[] {
  const filled = path.replace(/\{\w+\}/, () => others[path.split('/')[3] ?? ''] ?? 'nothing')
  const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
  const queries = { appId: 'bank', deviceId: others['devices'] ?? '' }
  const asked = Object.entries(queries).filter(([name]) => named.some((one) => one.name === name))
  return [filled, ...asked.map(([name, value]) => `${filled}?${name}=${value}`)]
}

/** Everything in the store but what every call writes: that it was made. */
async function stateOfOthers(): Promise<string> {
  const rows = await withStore(deployment.directory, (store) => rowsOf(store.read))
  const texts = [...rows].flatMap(([table, all]) =>
    all
      .map((row) => `${table} ${JSON.stringify({ ...row, last_used_at: null })}`)
      .filter((text) => secrets.some((secret) => text.includes(secret.replaceAll('"', '')))),
  )
  return texts.toSorted().join('\n')
}

test('a token of one app neither reads nor changes anything of another, by any route', async () => {
  const before = await stateOfOthers()
  assert.ok(before.includes(others['devices'] ?? 'none'))
  const answered: string[] = []
  for (const route of routes) {
    for (const address of addressesOf(route)) {
      const body = bodies[route.operation.operationId]?.() ?? {}
      const answer = await deployment.admin(address, {
        method: route.method.toUpperCase(),
        headers: { authorization },
        ...(route.method === 'get' ? {} : { body }),
      })
      const where = `${route.method} ${address}: ${answer.status} ${answer.text.slice(0, 300)}`
      assert.notEqual(answer.status, 500, where)
      if (answer.status >= 400) {
        assert.ok([403, 404].includes(answer.status), where)
        continue
      }
      answered.push(route.operation.operationId)
      if (route.operation.operationId === 'getOpenApi') continue
      for (const secret of secrets) assert.ok(!answer.text.includes(secret), where)
    }
  }
  assert.equal(await stateOfOthers(), before)
  // What is of no app, and lists that are narrowed. A route that is to be here says so by `app` in its config.
  assert.deepEqual([...new Set(answered)].toSorted(), openToApps)
})

const openToApps = [
  'findDecisions',
  'getAttestationReport',
  'getOpenApi',
  'getShadowReport',
  'listAcmeCredentials',
  'listAdminTokens',
  'listApprovals',
  'listCertificates',
  'listDevices',
  'listEnrollmentTokens',
  'listGateways',
  'listIssuers',
  'listListedDevices',
  'listMdmCredentials',
  'listRevocationLists',
  'listServiceCertificates',
  'whoami',
]

test('what is of its app, it reads and changes', async () => {
  const headers = { authorization }
  const { body } = await deployment.admin('/admin/v1/devices', { headers })
  assert.equal(body.devices.length, 1)
  const [{ id }] = body.devices
  const calls: { path: string; body?: object }[] = [
    { path: `devices/${id}` },
    { path: 'devices?appId=wallet' },
    { path: `devices/${id}/appraisals` },
    { path: `devices/${id}/suspend`, body: {} },
    { path: `devices/${id}/resume`, body: {} },
    { path: 'enrollment-tokens', body: { appId: 'wallet' } },
    { path: 'invalidations', body: { deviceId: id } },
    { path: `invalidations?deviceId=${id}` },
    { path: 'admin-tokens', body: { label: 'narrower', role: 'viewer' } },
    { path: `devices/${id}/revoke`, body: {} },
  ]
  for (const call of calls) {
    const sent = call.body === undefined ? {} : { body: call.body }
    const answer = await deployment.admin(`/admin/v1/${call.path}`, { headers, ...sent })
    assert.ok(answer.status < 300, `${call.path}: ${answer.text}`)
    if (answer.body.seq === undefined) continue
    const receipts = await deployment.admin(`/admin/v1/changes/${answer.body.seq}/receipts`, {
      headers,
    })
    assert.equal(receipts.status, 200, receipts.text)
  }
})

test('a thing of another app is refused as one that is not there', async () => {
  const asked = async (id: string) =>
    deployment.admin(`/admin/v1/devices/${id}`, { headers: { authorization } })
  const of = await asked(others['devices'] ?? '')
  const none = await asked('dev_aaaaaaaaaaaaaaaaaaaaaaaaaa')
  const plain = ({ body }: typeof of, id: string) =>
    `${body.status} ${body.code} ${body.detail.replace(id, 'ID')}`
  assert.equal(plain(of, others['devices'] ?? ''), plain(none, 'dev_aaaaaaaaaaaaaaaaaaaaaaaaaa'))
})

test('a token that it makes is of its app, asked for or not', async () => {
  const body = { label: 'narrower', role: 'viewer' }
  const made = await deployment.admin('/admin/v1/admin-tokens', {
    headers: { authorization },
    body,
  })
  assert.deepEqual(made.body.adminToken.apps, ['wallet'])
})
