import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import pino from 'pino'
import { boundIssuance } from '../../src/signer/process/bound-issuance.ts'
import { encodeFrame, type Frame, FrameReader } from '../../src/signer/process/frames.ts'
import { outcomes, proofTag, tagOf } from '../../src/signer/process/operation-tags.ts'
import { newNonce, proofOf } from '../../src/signer/process/proof-of-secret.ts'
import { SignerClient } from '../../src/signer/process/signer-client.ts'
import { serveSigner } from '../../src/signer/process/signer-server.ts'
import type { Signer } from '../../src/signer/signer.ts'
import { makeSigner } from '../fixture/signer.ts'

const log = pino({ level: 'silent' })
const made = await makeSigner()
const secret = 'a secret of both'
const question = { issuer: made.wallet }
let directory = ''
let socket = ''
const ends: (() => Promise<unknown>)[] = []

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-secret-'))
  socket = path.join(directory, 'signer.sock')
})
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
  rmSync(directory, { recursive: true })
})

async function serve(own: string | undefined = secret, signer: Signer = made.signer) {
  ends.push(await serveSigner({ signer, socket, log, secret: own }))
}

function ask(own: string | undefined): Signer {
  const client = new SignerClient({ socket, secret: own, timeoutMs: 5_000 })
  ends.push(() => client.close())
  return client.signer
}

const isCode = (code: string) => (error: unknown) => {
  assert.ok(isProblem(error) && error.code === code, String(error))
  return true
}

/** A connection of somebody else, with the answers that came. */
function stranger() {
  const peer = connect(socket)
  peer.on('error', () => undefined)
  const reader = new FrameReader(() => 100_000)
  const frames: Frame[] = []
  peer.on('data', (piece: Buffer) => {
    for (const { tag, id, body } of reader.take(piece)) frames.push({ tag, id, body })
  })
  const challenge = async (): Promise<string> => {
    while (frames.length === 0) await once(peer, 'data')
    return JSON.parse(frames[0]?.body.toString() ?? '{}').nonce as string
  }
  return { peer, frames, challenge, closed: once(peer, 'close') }
}

test('those who have one secret work together, and again after the signer was away', async () => {
  await serve()
  const signer = ask(secret)
  assert.equal((await signer.holdsIssuer(question)).held, true)
  await ends.shift()?.()
  await assert.rejects(signer.holdsIssuer(question), isCode('signer_unavailable'))
  await serve()
  assert.equal((await signer.holdsIssuer(question)).held, true)
})

for (const [what, theirs, own] of [
  ['another secret', 'of somebody else', secret],
  ['no secret', undefined, secret],
  ['a signer that has none', secret, undefined],
] as const) {
  test(`nothing is asked with ${what}`, { timeout: 20_000 }, async () => {
    let isAsked = false
    const holdsIssuer = () => {
      isAsked = true
      return Promise.resolve({ held: true })
    }
    ends.push(
      await serveSigner({ signer: { ...made.signer, holdsIssuer }, socket, log, secret: own }),
    )
    await assert.rejects(ask(theirs).holdsIssuer(question), isCode('signer_secret_wrong'))
    assert.equal(isAsked, false)
  })
}

test('a question without a proof ends the connection, and so does a proof that is none', async () => {
  await serve()
  const nonce = newNonce()
  const attempts: ((challenge: string) => Buffer)[] = [
    () => encodeFrame(tagOf('holdsIssuer'), 1, question),
    () => encodeFrame(proofTag, 0, {}),
    () => encodeFrame(proofTag, 0, { nonce, proof: '' }),
    () => encodeFrame(proofTag, 0, { nonce, proof: 7 }),
    () =>
      encodeFrame(proofTag, 0, { nonce: 'short', proof: proofOf(secret, 'authority', ['', '']) }),
    (challenge) =>
      encodeFrame(proofTag, 0, { nonce, proof: proofOf('x', 'authority', [challenge, nonce]) }),
    // What the signer would say itself, sent back to it.
    (challenge) =>
      encodeFrame(proofTag, 0, { nonce, proof: proofOf(secret, 'signer', [challenge, nonce]) }),
    () =>
      Buffer.concat([encodeFrame(proofTag, 0, {}), encodeFrame(tagOf('holdsIssuer'), 1, question)]),
  ]
  for (const attempt of attempts) {
    const other = stranger()
    other.peer.write(attempt(await other.challenge()))
    await other.closed
    assert.deepEqual(
      other.frames.map(({ tag }) => tag),
      [outcomes.secret],
    )
  }
})

test('a proof that was overheard is good on no other connection, and on its own once', async () => {
  await serve()
  const first = stranger()
  const nonce = newNonce()
  const proof = proofOf(secret, 'authority', [await first.challenge(), nonce])
  const frame = encodeFrame(proofTag, 0, { nonce, proof })
  first.peer.write(frame)
  while (first.frames.length < 2) await once(first.peer, 'data')
  const second = stranger()
  await second.challenge()
  second.peer.write(frame)
  await second.closed
  first.peer.write(frame)
  await first.closed
})

test('a signer that cannot prove the secret hears no question', async () => {
  const heard: number[] = []
  const peers = new Set<Socket>()
  const false_ = createServer((peer) => {
    peers.add(peer)
    const reader = new FrameReader(() => 100_000)
    peer.on('data', (piece: Buffer) => {
      for (const { tag } of reader.take(piece)) heard.push(tag)
      peer.write(encodeFrame(outcomes.secret, 0, { proof: 'x'.repeat(43) }))
    })
    peer.write(encodeFrame(outcomes.secret, 0, { nonce: newNonce() }))
  })
  const umask = process.umask(0o177)
  false_.listen(socket)
  process.umask(umask)
  await once(false_, 'listening')
  ends.push(async () => {
    for (const peer of peers) peer.destroy()
    false_.close()
  })
  await assert.rejects(ask(secret).holdsIssuer(question), isCode('signer_secret_wrong'))
  assert.deepEqual(heard, [proofTag])
})

test('connections that prove nothing keep the authority from none, and end by themselves', async () => {
  await serve()
  const strangers = Array.from({ length: 40 }, stranger)
  await Promise.all(strangers.slice(-8).map(({ challenge }) => challenge()))
  const signer = ask(secret)
  assert.equal((await signer.holdsIssuer(question)).held, true)
  await Promise.all(strangers.map(({ closed }) => closed))
  assert.equal((await signer.holdsIssuer(question)).held, true)
})

test('no more certificates are issued in an hour than the signer is told, whatever the clock says', async () => {
  let elapsed = 0
  const bound = { most: 3 as number | undefined }
  const signer = boundIssuance(
    { ...made.signer, deviceCertificate: () => Promise.resolve({ certificate: 'AA' }) },
    { perHour: () => bound.most, log, elapsed: () => elapsed },
  )
  const issue = () => signer.deviceCertificate({} as never)
  for (let one = 0; one < 3; one++) await issue()
  await assert.rejects(issue(), (error) => {
    assert.ok(isProblem(error) && error.code === 'signer_rate_exceeded')
    assert.equal(error.retryAfterSeconds, 1_200)
    return true
  })
  assert.equal(
    (await signer.holdsIssuer(question)).held,
    true,
    'what lets nobody in is not counted',
  )
  elapsed += 20 * 60_000
  await issue()
  await assert.rejects(issue(), isCode('signer_rate_exceeded'))
  elapsed += 100 * 3_600_000
  for (let one = 0; one < 3; one++) await issue()
  await assert.rejects(issue(), isCode('signer_rate_exceeded'))
  bound.most = undefined
  await issue()
})

test('what was issued in the hour before the start counts, and lists and delegations have a bound of their own', async () => {
  const answers = {
    deviceCertificate: () => Promise.resolve({ certificate: 'AA' }),
    responderCertificate: () => Promise.resolve({ certificate: 'AA' }),
    revocationList: () => Promise.resolve({ list: 'AA' }),
  }
  const bounds = { perHour: () => 10, issuedBefore: 8, log, elapsed: () => 0 }
  const signer = boundIssuance({ ...made.signer, ...answers }, bounds)
  const issue = () => signer.deviceCertificate({} as never)
  await issue()
  await issue()
  await assert.rejects(issue(), isCode('signer_rate_exceeded'))
  for (let one = 0; one < 30_000; one++) {
    await signer.revocationList({} as never)
    await signer.responderCertificate({} as never)
  }
  await assert.rejects(signer.revocationList({} as never), isCode('signer_rate_exceeded'))
  await assert.rejects(signer.responderCertificate({} as never), isCode('signer_rate_exceeded'))
  assert.equal((await signer.holdsIssuer(question)).held, true)
})

test('of a question without a proof nothing is kept: its first bytes end the connection', async () => {
  await serve()
  const { peer, challenge, closed } = stranger()
  await challenge()
  const startedAt = performance.now()
  peer.write(encodeFrame(tagOf('revocationList'), 1, 'x'.repeat(100_000)).subarray(0, 9))
  await closed
  assert.ok(performance.now() - startedAt < 1_000, 'it was not waited for')
})
