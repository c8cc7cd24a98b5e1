import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { Examination } from '../../src/doctor/finding.ts'
import { listenerCheck } from '../../src/doctor/live-checks.ts'

test('doctor tries listeners of every form: host and port, with settings, and sockets', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-doctor-live-'))
  const tcp = createServer().listen(0, '127.0.0.1')
  const unix = createServer().listen(path.join(directory, 'decisions.sock'))
  await Promise.all([once(tcp, 'listening'), once(unix, 'listening')])
  t.after(() => {
    tcp.close()
    unix.close()
    rmSync(directory, { recursive: true })
  })
  const { port } = tcp.address() as AddressInfo
  const value = {
    gateway: {
      listen: [`0.0.0.0:${port}`, { address: `127.0.0.1:${port}`, proxyProtocol: { from: [] } }],
      decisions: { listen: ['unix:decisions.sock', { address: 'unix:nobody.sock' }] },
    },
  }
  const file = { directory, value } as unknown as Examination['file']
  const findings = await listenerCheck.examine({ file, client: undefined, now: Date.now })
  assert.deepEqual(
    findings.map(({ verdict, what }) => [verdict, what.split(' ')[0]]),
    [
      ['ok', 'gateway.listen.0'],
      ['ok', 'gateway.listen.1.address'],
      ['ok', 'gateway.decisions.listen.0'],
      ['warn', 'gateway.decisions.listen.1.address'],
    ],
  )
})
