import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { after, test } from 'node:test'
import { connect, createSecureContext } from 'node:tls'
import { createSigningRequest } from '@sallyport/pki'
import { quietPort } from '@sallyport/virtual-device'
import { devicePaths, toBase64url } from '@sallyport/wire'
import { endLeftOver } from '../sallyport.ts'
import { layOutEdited } from './edited-development.ts'
import { enrollOnce, post } from './enrollment.ts'
import { endLeftOverRoles, startRole } from './role-process.ts'

after(endLeftOverRoles)
after(endLeftOver)

const bogus = 500
/**
 * Strangers are served while the renewal waits for the signer and the disk: on a busy machine more of them, and
 * never fewer. Without an order it is 200 and more in every attempt.
 */
const attempts = 3

const cases = [
  {
    name: 'amid bogus enrolments a renewal at the listener that they come to goes before nine of ten',
    atMostBefore: bogus / 10,
    listeners: { mtls: undefined },
  },
  {
    name: 'amid bogus enrolments a renewal at a listener of its own goes before nearly all',
    atMostBefore: bogus / 25,
    listeners: { mtls: await quietPort() },
  },
]

for (const { name, atMostBefore, listeners } of cases) {
  test(name, async (t) => {
    let operations = ''
    const { facts } = await layOutEdited(({ authority }) => {
      const { device } = authority.listeners
      operations = authority.listeners.operations.listen
      if (listeners.mtls === undefined) return
      const url = `https://localhost:${listeners.mtls}`
      authority.listeners.mtls = { ...device, listen: `127.0.0.1:${listeners.mtls}`, url }
    })
    const authority = await startRole('authority', facts.configFile, operations)
    const ca = readFileSync(facts.caFile)
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const agent = new https.Agent({ ca })
    const phone = await enrollOnce(facts.authority, agent, key)
    agent.destroy()
    assert.ok(phone !== undefined)
    const renewal = {
      csr: toBase64url(createSigningRequest(key)),
      platform: 'other',
      appVersion: '1.0.0',
    }
    const renewAt = phone.issued.mtlsUrl ?? facts.authority
    assert.equal(phone.issued.mtlsUrl !== undefined, listeners.mtls !== undefined)
    const counts: number[] = []
    while (counts.length < attempts && !counts.some((count) => count <= atMostBefore)) {
      const own = new https.Agent({ ca, cert: phone.cert, key: phone.key })
      const flood = offerBogus(facts.authority)
      const answer = await post(renewAt + devicePaths.renewals, renewal, own)
      counts.push(flood.ended())
      own.destroy()
      assert.equal(answer.status, 201, JSON.stringify(answer.body))
      // It goes first, and the others are answered too.
      assert.deepEqual(new Set(await flood.all), new Set(['HTTP/1.1 400']))
    }
    t.diagnostic(`${counts.join(', then ')} of ${bogus} were answered before it`)
    assert.ok(
      counts.some((count) => count <= atMostBefore),
      `${counts.join(', ')} of ${bogus} went before it`,
    )
    await authority.end()
  })
}

/** Enrolments that hold a challenge of nobody, each on a connection of its own, from a hundred addresses. */
function offerBogus(origin: string) {
  // A cheap ClientHello: one process sends all of them before many are answered.
  const secureContext = createSecureContext({ ecdhCurve: 'X25519' })
  const { host, hostname, port } = new URL(origin)
  const body = JSON.stringify({
    appId: 'demo',
    challenge: toBase64url(Buffer.alloc(32)),
    csr: toBase64url(Buffer.alloc(300)),
    evidence: { format: 'development', statement: toBase64url(Buffer.alloc(70)) },
    platform: 'other',
    appVersion: '1.0.0',
  })
  const head = [
    `POST ${devicePaths.certificates} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  const request = `${head.join('\r\n')}\r\n\r\n${body}`
  let ended = 0
  const offerOne = (index: number): Promise<string> => {
    const localAddress = `127.1.0.${(index % 100) + 1}`
    const to = {
      host: '127.0.0.1',
      servername: hostname,
      port: Number(port),
      localAddress,
      rejectUnauthorized: false,
    }
    return new Promise((resolve) => {
      let text = ''
      const socket = connect({ ...to, secureContext }, () => socket.write(request))
      socket.on('data', (piece: Buffer) => {
        text += piece.toString('latin1')
      })
      socket.on('error', (error) => {
        text ||= error.message
      })
      socket.on('close', () => {
        ended++
        resolve(text.slice(0, 'HTTP/1.1 400'.length))
      })
    })
  }
  const all = Promise.all(Array.from({ length: bogus }, (_, index) => offerOne(index)))
  return { all, ended: () => ended }
}
