import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import pino from 'pino'
import { encodeFrame } from '../../src/signer/process/frames.ts'
import { operationNames, proofTag, tagOf } from '../../src/signer/process/operation-tags.ts'
import { SignerClient } from '../../src/signer/process/signer-client.ts'
import { serveSigner } from '../../src/signer/process/signer-server.ts'
import type { Signer } from '../../src/signer/signer.ts'
import { makeSigner } from '../fixture/signer.ts'

// Of a user whose other processes cannot be told apart: without a secret.
const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-frames-'))
const socket = path.join(directory, 'signer.sock')
const made = await makeSigner()
/** Answers that fill what a socket holds. */
const large = 'A'.repeat(1_000_000)
let answered = 0
const signer: Signer = {
  ...made.signer,
  publicKey: () => {
    answered += 1
    return Promise.resolve({ spki: large })
  },
}
let close: () => Promise<void>
const client = new SignerClient({ socket })
before(async () => {
  close = await serveSigner({ signer, socket, log: pino({ level: 'silent' }) })
})
after(async () => {
  await client.close()
  await close()
  rmSync(directory, { recursive: true })
})

const goesOn = async () =>
  assert.equal((await client.signer.holdsIssuer({ issuer: made.wallet })).held, true)

/** Waits until something is so, and fails where it is not within a minute. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await isSo())) {
    if (performance.now() > end) assert.fail(`not within a minute: ${String(isSo)}`)
    await sleep(20)
  }
}

const tag = fc.oneof(fc.nat(255), fc.constantFrom(proofTag, ...operationNames.map(tagOf)))
const frame = fc.oneof(
  fc.tuple(tag, fc.nat(), fc.jsonValue()).map((parts) => encodeFrame(...parts)),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  // A length that is a lie, and a question that breaks off.
  fc.tuple(tag, fc.nat(0xffff_ffff)).map(([at, length]) => {
    const bytes = encodeFrame(at, 1, { keyName: 'x' })
    bytes.writeUInt32BE(length, 0)
    return bytes
  }),
  fc.tuple(tag, fc.nat(20)).map(([at, cut]) => encodeFrame(at, 1, {}).subarray(0, cut)),
)

test('ten thousand malformed messages end their connections, and leave the signer as it was', {
  timeout: 60_000,
}, async () => {
  const hostile = fc.sample(frame, { numRuns: 10_000, seed: 7 })
  const before = process.memoryUsage().rss
  // One after the other, so that each is the first of its connection in its turn.
  for (let at = 0; at < hostile.length; ) {
    const peer = connect(socket)
    peer.on('error', () => undefined)
    peer.resume()
    await once(peer, 'connect')
    const closed = once(peer, 'close')
    // Some get an answer, and go on: then the next is sent.
    for (let sent = 0; sent < 25 && at < hostile.length && !peer.destroyed; sent++) {
      peer.write(hostile[at++] ?? Buffer.alloc(0))
    }
    peer.end()
    await Promise.race([closed, sleep(200)])
    peer.destroy()
  }
  await goesOn()
  const grown = process.memoryUsage().rss - before
  assert.ok(grown < 300 * 2 ** 20, `${grown} bytes more`)
})

test('whoever asks and takes no answer is asked no more, and holds up nobody', async () => {
  const peer = connect(socket)
  peer.on('error', () => undefined)
  await once(peer, 'connect')
  peer.pause()
  answered = 0
  const question = encodeFrame(tagOf('publicKey'), 1, { keyName: 'x' })
  for (let sent = 0; sent < 5_000; sent++) peer.write(question)
  // All that are signed before the first answer is taken: those of a connection at once, and those that came
  // with the piece that was read before.
  let first = -1
  await until(async () => {
    const before = answered
    await sleep(300)
    first = answered
    return first > 0 && first === before
  })
  assert.ok(first < 5_000, `${first} were answered`)
  await goesOn()
  peer.destroy()
})

test('connections without number are refused beyond a few, and places come back', async () => {
  const peers = Array.from({ length: 500 }, () => {
    const peer = connect(socket)
    peer.on('error', () => undefined)
    return peer
  })
  await until(() => peers.filter(({ destroyed }) => !destroyed).length <= 8)
  await goesOn()
  for (const peer of peers) peer.destroy()
  await until(async () => {
    const another = new SignerClient({ socket })
    const answer = await another.signer.holdsIssuer({ issuer: made.wallet }).catch(() => undefined)
    await another.close()
    return answer?.held === true
  })
})
