import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Examination } from '../../src/doctor/finding.ts'
import { refusalCheck, refusalFindings } from '../../src/doctor/refusal-check.ts'

const row = (labels: string, count: number) => `sallyport_requests_total{${labels}} ${count}\n`
const metrics =
  '# TYPE sallyport_requests_total counter\n' +
  row('host="a",route="/v1/*",outcome="refused",reason="token_audience_wrong"', 7) +
  row('host="b",route="/v1/\\"x\\"",outcome="shadow",reason="token_audience_wrong"', 5) +
  row('host="a",route="/v1/*",outcome="refused",reason="token_expired"', 99) +
  row('host="a",route="/v1/*",outcome="forwarded",reason=""', 1_000)

test('requests that a setting is to blame for are told with their number and what to do', () => {
  const findings = refusalFindings(metrics)
  assert.equal(findings.length, 1)
  const [{ verdict, what, found, fix } = { verdict: '', what: '', found: '', fix: '' }] = findings
  assert.deepEqual([verdict, what], ['warn', 'token_audience_wrong'])
  assert.equal(found, '12 requests since the gateway started, on a /v1/* and 1 more')
  assert.match(fix ?? '', /audience/)
})

test('what clients cause by themselves is nothing to look at', () => {
  const [finding] = refusalFindings(
    row('host="a",route="/",outcome="refused",reason="token_expired"', 3),
  )
  assert.equal(finding?.verdict, 'ok')
})

test('they are asked of the running gateway, and where none runs nothing is said', async () => {
  const server = createServer((_request, response) => response.end(metrics))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const examine = (listen: string) => {
    const file = {
      value: { gateway: { operations: { listen } } },
    } as unknown as Examination['file']
    return refusalCheck.examine({ file, client: undefined, now: Date.now })
  }
  assert.equal((await examine(`0.0.0.0:${port}`)).length, 1)
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  assert.deepEqual(await examine(`127.0.0.1:${port}`), [])
})
