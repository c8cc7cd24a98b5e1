import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { makeReceipt, writeCertificate, writeName } from '@sallyport/virtual-device'
import { jwtVerify } from 'jose'
import { receiptUrls, refreshReceipt, type RefreshReceiptOptions } from '../../src/index.ts'
import { appId, keyIdOf, newKey, root, trust } from './forged-attestation.ts'

const now = () => new Date('2026-11-22T10:00:00Z')
const key = newKey()
const attested = writeCertificate({
  signer: root,
  subject: writeName({ commonName: 'attested' }),
  spki: key.spki,
  notBefore: 0,
  notAfter: now().getTime() * 2,
})
const receiptAt = (at: number, ofApp = appId) =>
  makeReceipt({
    root,
    appId: ofApp,
    environment: 'production',
    attestedCertificate: attested,
    clientDataHash: Buffer.alloc(32),
    at,
    type: 'RECEIPT',
    riskMetric: 2,
  })
const old = receiptAt(now().getTime() - 86_400_000)
const developer = generateKeyPairSync('ec', { namedCurve: 'P-256' })

type Asked = { method: string; authorization: string; body: string; path: string }

describe('refreshing a receipt', () => {
  let server: Server
  let asked: Asked[]
  let answer: (response: ServerResponse, request: IncomingMessage) => void

  before(async () => {
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (piece: Buffer) => (body += piece.toString('latin1')))
      request.on('end', () => {
        const { method = '', headers, url: path = '' } = request
        asked.push({ method, authorization: headers.authorization ?? '', body, path })
        answer(response, request)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked = []
  })

  const refresh = (options: Partial<RefreshReceiptOptions> = {}) =>
    refreshReceipt({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/attestationData`,
      key: {
        keyId: keyIdOf(key),
        spki: key.spki,
        counter: 3,
        environment: 'production',
        appId,
        receipt: old,
      },
      signer: { keyId: 'KEY1234567', teamId: 'ABCDE12345', privateKey: developer.privateKey },
      anchors: trust.appAttestReceipts.anchors,
      now,
      fetch,
      ...options,
    })

  const answers = (status: number, body = '', headers: Record<string, string> = {}) => {
    answer = (response) => response.writeHead(status, headers).end(body)
  }
  async function codeOf(options: Partial<RefreshReceiptOptions> = {}): Promise<string> {
    try {
      await refresh(options)
    } catch (error) {
      if (isProblem(error)) return error.code
      throw error
    }
    return 'none'
  }

  it('sends the old one in base64, with a token of the developer account, and reads the new one', async () => {
    const newer = receiptAt(now().getTime())
    answers(200, newer.toString('base64'))
    const refreshed = await refresh()
    assert.deepEqual(refreshed?.receipt, newer)
    assert.equal(refreshed.fields.riskMetric, 2)
    const [request] = asked
    assert.equal(request?.method, 'POST')
    assert.equal(request.path, '/v1/attestationData')
    assert.equal(request.body, old.toString('base64'))
    const { payload, protectedHeader } = await jwtVerify(
      request.authorization,
      developer.publicKey,
      { currentDate: now() },
    )
    assert.deepEqual(protectedHeader, { alg: 'ES256', kid: 'KEY1234567' })
    assert.deepEqual(payload, { iss: 'ABCDE12345', iat: now().getTime() / 1_000 })
  })

  it('keeps the old one where there is no newer one yet', async () => {
    answers(304)
    assert.equal(await refresh(), undefined)
  })

  const statuses: Readonly<Record<number, string>> = {
    400: 'app_attest_refresh_malformed',
    401: 'app_attest_refresh_unauthorized',
    404: 'app_attest_refresh_unknown',
    429: 'app_attest_refresh_limited',
    500: 'app_attest_refresh_failed',
    503: 'app_attest_refresh_failed',
    204: 'app_attest_refresh_failed',
  }
  for (const [status, code] of Object.entries(statuses)) {
    it(`says ${code} of status ${status}`, async () => {
      answers(Number(status))
      assert.equal(await codeOf(), code)
    })
  }

  it('says how long to wait where it is told', async () => {
    answers(429, '', { 'retry-after': '120' })
    await assert.rejects(refresh(), { code: 'app_attest_refresh_limited', retryAfterSeconds: 120 })
    answers(429, '', { 'retry-after': 'Sun, 22 Nov 2026 10:02:00 GMT' })
    await assert.rejects(refresh(), { retryAfterSeconds: 120 })
  })

  it('makes up no time to wait', async () => {
    for (const value of ['', 'soon', '-5', '0', '1e9', 'Sun, 22 Nov 2020 10:00:00 GMT']) {
      answers(429, '', { 'retry-after': value })
      await assert.rejects(refresh(), { retryAfterSeconds: undefined })
    }
  })

  it('follows no redirect', async () => {
    for (const status of [301, 302, 307, 308]) {
      asked = []
      answers(status, '', { location: '/elsewhere' })
      assert.equal(await codeOf(), 'app_attest_refresh_failed')
      assert.equal(asked.length, 1)
    }
  })

  it('reads no answer that does not end', async () => {
    let written = 0
    answer = (response) => {
      response.writeHead(200)
      const more = () => {
        if (response.destroyed) return
        written += 65_536
        response.write('A'.repeat(65_536), () => setImmediate(more))
      }
      more()
    }
    assert.equal(await codeOf(), 'app_attest_refresh_failed')
    assert.ok(written < 16_777_216)
  })

  it('waits no longer than it may, for the answer or its body', async () => {
    answer = () => {}
    assert.equal(await codeOf({ timeoutMs: 50 }), 'app_attest_refresh_failed')
    answer = (response) => {
      response.writeHead(200).write('MIA')
    }
    assert.equal(await codeOf({ timeoutMs: 50 }), 'app_attest_refresh_failed')
  })

  it('says that it failed where nobody answers', async () => {
    assert.equal(await codeOf({ url: 'http://127.0.0.1:1/' }), 'app_attest_refresh_failed')
  })

  it('refuses an answer that is no receipt for this key, app and moment', async () => {
    const newer = receiptAt(now().getTime())
    const altered = Buffer.from(newer)
    altered.write('Z', newer.indexOf(appId))
    const refusals: Readonly<Record<string, string>> = {
      '': 'app_attest_refresh_failed',
      '<html>': 'app_attest_refresh_failed',
      AAAA: 'app_attest_receipt_malformed',
      [old.toString('base64')]: 'app_attest_receipt_too_old',
      [receiptAt(now().getTime(), 'ZZZZZ99999.com.other').toString('base64')]:
        'app_attest_receipt_app_mismatch',
      [altered.toString('base64')]: 'app_attest_receipt_signature_invalid',
    }
    for (const [body, code] of Object.entries(refusals)) {
      answers(200, body)
      assert.equal(await codeOf(), code)
    }
  })

  it('knows where Apple answers in each environment', () => {
    assert.equal(new URL(receiptUrls.production).host, 'data.appattest.apple.com')
    assert.equal(new URL(receiptUrls.development).host, 'data-development.appattest.apple.com')
  })
})
