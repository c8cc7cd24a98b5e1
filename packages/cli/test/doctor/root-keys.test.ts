import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Examination } from '../../src/doctor/finding.ts'
import { issuerFindings } from '../../src/doctor/issuer-check.ts'
import { rootKeyCheck } from '../../src/doctor/root-key-check.ts'
import { newFolder } from '../sallyport.ts'

async function verdictsOf(directory: string, acme: object | undefined) {
  const protocols = acme === undefined ? {} : { acme }
  const value = { authority: { keys: { directory: '.' } }, apps: { wallet: { protocols } } }
  const file = { directory, value } as unknown as Examination['file']
  const findings = await rootKeyCheck.examine({ file, client: undefined, now: Date.now })
  return Object.fromEntries(findings.map(({ what, verdict }) => [path.basename(what), verdict]))
}

test('the keys of roots belong offline, but that of the service root where ACME issues with it', async () => {
  const directory = newFolder()
  mkdirSync(directory, { recursive: true })
  const [device, service] = ['device-root.key.json', 'service-root.key.json'] as const
  const put = (name: string) => writeFileSync(path.join(directory, name), '{}')
  const servers = { serviceNames: ['*.internal.example.com'] }

  assert.deepEqual(await verdictsOf(directory, undefined), { [device]: 'ok', [service]: 'ok' })
  assert.deepEqual(await verdictsOf(directory, servers), { [device]: 'ok', [service]: 'fail' })
  put(service)
  assert.deepEqual(await verdictsOf(directory, servers), { [device]: 'ok', [service]: 'ok' })
  // ACME for phones alone issues nothing with it.
  assert.deepEqual(await verdictsOf(directory, {}), { [device]: 'ok', [service]: 'warn' })
  put(device)
  assert.deepEqual(await verdictsOf(directory, servers), { [device]: 'warn', [service]: 'ok' })
  rmSync(directory, { recursive: true })
})

test('a CA that waits for its root is wrong where none issues meanwhile, and told with what to do', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const scope = { appId: 'wallet', kind: 'unattested' as const, trustDomain: 'example.com' }
  const times = { notBefore: '2025-01-01T00:00:00Z', notAfter: '2035-01-01T00:00:00Z' }
  const issuer = (lane: string, issuesFrom: string) => {
    const made = { id: `of ${lane}`, certificate: '', status: 'active' as const }
    return { ...scope, ...times, ...made, lane, issuesFrom }
  }
  const request = { ...scope, id: 'waiting', lane: 'fleet', request: '' }
  const findings = (requests: (typeof request)[], ...issuers: ReturnType<typeof issuer>[]) =>
    issuerFindings({ issuers, requests }, now).map(({ verdict, what }) => `${verdict} ${what}`)
  const since = '2025-01-01T00:00:00Z'
  const later = '2026-01-01T00:01:00Z'

  assert.deepEqual(findings([], issuer('fleet', since)), ['ok 1 in all'])
  const fails = 'fail wallet unattested fleet'
  assert.deepEqual(findings([request]), [fails])
  assert.deepEqual(findings([request], issuer('machines', since)), [fails])
  assert.deepEqual(findings([request], issuer('fleet', later)), [fails])
  assert.deepEqual(findings([request], issuer('fleet', since)), ['warn wallet unattested fleet'])
  const [finding] = issuerFindings({ issuers: [], requests: [request] }, now)
  assert.match(finding?.fix ?? '', /sallyport ca export waiting --out/)
})
