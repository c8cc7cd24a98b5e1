import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { encodeFrame } from '../../src/signer/process/frames.ts'
import { tagOf } from '../../src/signer/process/operation-tags.ts'
import { SignerClient } from '../../src/signer/process/signer-client.ts'
import { serveSigner } from '../../src/signer/process/signer-server.ts'
import type { Signer } from '../../src/signer/signer.ts'
import { makeSigner } from '../fixture/signer.ts'

// An authority in somebody else's hands has the secret: what it asks is bounded all the same.

const made = await makeSigner()

/** A signer whose answers wait, as where its keys are in a vault that is slow. */
async function serveSlowly(t: TestContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-abandoned-'))
  const socket = path.join(directory, 'signer.sock')
  const held: (() => void)[] = []
  let begun = 0
  const wait = () => {
    begun += 1
    return new Promise<void>((resolve) => held.push(resolve))
  }
  const signer: Signer = {
    ...made.signer,
    publicKey: () => wait().then(() => ({ spki: 'AA' })),
    feed: () => wait().then(() => ({ jws: '' })),
  }
  const close = await serveSigner({ signer, socket, log: pino({ level: 'silent' }) })
  const answer = () => held.splice(0).forEach((resolve) => resolve())
  t.after(async () => {
    const answering = setInterval(answer, 10)
    await close()
    clearInterval(answering)
    rmSync(directory, { recursive: true })
  })
  return { socket, answer, begun: () => begun }
}

/** Asks, and leaves once the signer has begun, or was not let in. */
async function askAndLeave(socket: string, begun: () => number): Promise<void> {
  const peer = connect(socket)
  peer.on('error', () => undefined)
  const closed = once(peer, 'close').catch(() => undefined)
  const before = begun()
  const question = encodeFrame(tagOf('publicKey'), 1, { keyName: 'x' })
  peer.write(Buffer.concat(Array.from({ length: 64 }, () => question)))
  while (begun() < before + 64 && !peer.destroyed) await sleep(2)
  peer.destroy()
  await closed
}

test('whoever asks and leaves, time and again, has no more under way than who stays; then there is room again', async (t) => {
  const { socket, answer, begun } = await serveSlowly(t)
  for (let round = 0; round < 40; round++) await askAndLeave(socket, begun)
  assert.equal(begun(), 8 * 64)
  answer()
  const client = new SignerClient({ socket })
  t.after(() => client.close())
  // The places come back as soon as the signer has seen to it that nobody waits for these any more.
  for (let tries = 0; ; tries++) {
    const held = await client.signer.holdsIssuer({ issuer: made.wallet }).catch(() => undefined)
    if (held?.held === true) return
    assert.ok(tries < 500, 'a place comes back')
    await sleep(20)
  }
})

test('of large questions so many are taken at once as memory has room for', async (t) => {
  const { socket, answer, begun } = await serveSlowly(t)
  const peer = connect(socket)
  peer.on('error', () => undefined)
  const payload = `{${'x'.repeat(3_900_000)}`
  const question = encodeFrame(tagOf('feed'), 1, { keyName: 'feed-key-1', payload })
  for (let sent = 0; sent < 40; sent++) peer.write(question)
  while (begun() < 9) await sleep(10)
  // More would follow within this time, were they taken.
  await sleep(1_000)
  assert.ok(begun() <= 10, `${begun()} questions of four megabytes were begun`)
  const answering = setInterval(answer, 10)
  while (begun() < 40) await sleep(10)
  clearInterval(answering)
  peer.destroy()
})
