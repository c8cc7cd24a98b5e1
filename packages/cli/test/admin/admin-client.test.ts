import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { toPem } from '@sallyport/pki'
import { isProblem, type ReasonCode } from '@sallyport/problem'
import { createAdminClient } from '../../src/admin/admin-client.ts'
import { ensureServerCertificate } from '../../src/certificates/certificate-files.ts'
import { serviceRoot } from '../certificates/service-root.ts'

const isCode = (code: ReasonCode, words?: RegExp) => (error: unknown) =>
  isProblem(error) && error.code === code && (words === undefined || words.test(error.message))

describe('the admin client', () => {
  let answer: RequestListener = (_request, response) => response.end('{}')
  const seen: IncomingMessage[] = []
  const server = createServer()
  let ca = ''
  let url = ''

  before(async () => {
    const service = await serviceRoot()
    const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-admin-'))
    const files = {
      certificateFile: path.join(directory, 'a.crt'),
      keyFile: path.join(directory, 'a.key'),
    }
    await ensureServerCertificate(files, ['localhost'], service, Date.now())
    ca = toPem('CERTIFICATE', service.root.der)
    server.setSecureContext({
      cert: readFileSync(files.certificateFile),
      key: readFileSync(files.keyFile),
    })
    server.on('request', (request, response) => {
      seen.push(request)
      answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `https://localhost:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  test('sends the token and the query, and gives the decoded answer', async () => {
    answer = (_request, response) => response.end('{"devices":[]}')
    const client = createAdminClient({ url, ca, token: 'secret' })
    const query = { limit: 2, appId: undefined }
    assert.deepEqual(await client.call('listDevices', { query }), { devices: [] })
    const request = seen.at(-1)
    assert.equal(request?.url, '/admin/v1/devices?limit=2')
    assert.equal(request?.headers.authorization, 'Bearer secret')
  })

  test('throws the reason that the authority refused with', async () => {
    answer = (_request, response) => {
      response.statusCode = 404
      response.end('{"code":"not_found","detail":"There is no device dev_x"}')
    }
    const client = createAdminClient({ url, ca })
    await assert.rejects(
      client.call('revokeDevice', { path: { id: 'dev_x' } }),
      isCode('not_found', /no device dev_x/),
    )
  })

  test('writes what is in a path so that it stays one part of it', async () => {
    answer = (_request, response) => response.end('{}')
    const client = createAdminClient({ url, ca })
    await client.call('revokeGateway', { path: { name: '../devices/a b?c' } })
    assert.equal(seen.at(-1)?.url, '/admin/v1/gateways/..%2Fdevices%2Fa%20b%3Fc/revoke')
  })

  test('refuses a server that its CA did not certify', async () => {
    const stranger = await serviceRoot()
    const client = createAdminClient({ url, ca: toPem('CERTIFICATE', stranger.root.der) })
    await assert.rejects(client.call('listGateways'), isCode('connection_failed', /admin\.caFile/))
  })

  test('says that nothing listens', async () => {
    const client = createAdminClient({ url: 'https://localhost:1', ca })
    await assert.rejects(
      client.call('listGateways'),
      isCode('connection_failed', /nothing listens/),
    )
  })

  test('says that an answer is not from an admin listener', async () => {
    answer = (_request, response) => response.end('<html>')
    await assert.rejects(
      createAdminClient({ url, ca }).call('listGateways'),
      isCode('connection_failed', /something other than JSON/),
    )
  })

  test('gives up on a server that stays silent', async () => {
    answer = () => {}
    await assert.rejects(
      createAdminClient({ url, ca, timeoutMs: 100 }).call('listGateways'),
      isCode('connection_failed', /no answer in time/),
    )
    server.closeAllConnections()
  })

  test('takes no endless answer', async () => {
    answer = (_request, response) => {
      const block = Buffer.alloc(1_000_000)
      const timer = setInterval(() => response.write(block), 5)
      response.on('close', () => clearInterval(timer))
    }
    await assert.rejects(
      createAdminClient({ url, ca }).call('listGateways'),
      isCode('connection_failed', /too large/),
    )
  })
})
