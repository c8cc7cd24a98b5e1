import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import pino from 'pino'
import { signerSocketOf } from '../../src/config/keys-config.ts'
import { encodeFrame, FrameReader } from '../../src/signer/process/frames.ts'
import { outcomes, tagOf } from '../../src/signer/process/operation-tags.ts'
import { SignerClient } from '../../src/signer/process/signer-client.ts'
import { serveSigner } from '../../src/signer/process/signer-server.ts'
import type { Signer } from '../../src/signer/signer.ts'
import { certificateIn, makeSigner, newSpki } from '../fixture/signer.ts'

const log = pino({ level: 'silent' })
const made = await makeSigner()
let directory = ''
let socket = ''
const ends: (() => Promise<unknown>)[] = []

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-signer-'))
  socket = path.join(directory, 'signer.sock')
})

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
  rmSync(directory, { recursive: true })
})

async function serve(signer: Signer = made.signer, wholeWithinMs = 10_000) {
  const close = await serveSigner({ signer, socket, log, wholeWithinMs })
  let isClosed = false
  const once = async () => {
    if (!isClosed) await close()
    isClosed = true
  }
  ends.push(once)
  return once
}

function ask(options: { timeoutMs?: number; maxWaiting?: number } = {}): Signer {
  const client = new SignerClient({ socket, ...options })
  ends.push(() => client.close())
  return client.signer
}

const order = async () => ({
  issuer: made.wallet,
  spki: await newSpki(),
  deviceId: newId('device'),
  assurance: 'tee' as const,
  predecessors: [],
})

const isCode = (code: string) => (error: unknown) => {
  assert.ok(isProblem(error) && error.code === code, String(error))
  return true
}

test('it signs over a socket that its user alone can reach', async () => {
  await serve()
  const certificate = certificateIn(await ask().deviceCertificate(await order()))
  assert.equal(certificate.issuer.equals(certificateIn(made.wallet).subject), true)
  assert.equal(lstatSync(socket).mode & 0o777, 0o600)
})

test('many questions at once are answered each with its own', async () => {
  await serve()
  const signer = ask()
  const orders = await Promise.all(Array.from({ length: 300 }, order))
  const answers = await Promise.all(orders.map((each) => signer.deviceCertificate(each)))
  const ids = answers.map((answer) => certificateIn(answer).uris[0]?.split('/').at(-1))
  assert.deepEqual(
    ids,
    orders.map(({ deviceId }) => deviceId),
  )
})

test('what the signer refuses is refused with its reason', async () => {
  await serve()
  const evil = { ...(await order()), deviceId: 'admin' }
  await assert.rejects(ask().deviceCertificate(evil), isCode('signer_refused'))
  await assert.rejects(ask().publicKey({ keyName: 'no-key' }), isCode('key_missing'))
})

test('a member that no schema has room for is refused', async () => {
  await serve()
  const more = { ...(await order()), isCa: true }
  await assert.rejects(ask().deviceCertificate(more), isCode('signer_refused'))
})

test('without a signer nothing is signed, and when one comes back it is', async () => {
  const close = await serve()
  const signer = ask()
  await signer.deviceCertificate(await order())
  await close()
  await assert.rejects(signer.deviceCertificate(await order()), isCode('signer_unavailable'))
  await serve()
  await signer.deviceCertificate(await order())
})

test('a signer that ends while it signs leaves a refusal that can be repeated', async () => {
  const peers = new Set<Socket>()
  const dying = createServer((peer) => {
    peers.add(peer)
    peer.once('data', () => peer.destroy())
  })
  const umask = process.umask(0o177)
  dying.listen(socket)
  process.umask(umask)
  await once(dying, 'listening')
  ends.push(async () => void dying.close())
  await assert.rejects(ask().deviceCertificate(await order()), isCode('signer_unavailable'))
})

test('a signer that answers nothing, or half an answer, is given up', async () => {
  const silent = createServer((peer) => {
    peer.once('data', () => peer.write(encodeFrame(outcomes.answered, 0, {}).subarray(0, 7)))
  })
  const umask = process.umask(0o177)
  silent.listen(socket)
  process.umask(umask)
  await once(silent, 'listening')
  ends.push(async () => void silent.close())
  const started = performance.now()
  const asked = ask({ timeoutMs: 200 }).publicKey({ keyName: 'x' })
  await assert.rejects(asked, isCode('signer_unavailable'))
  assert.ok(performance.now() - started < 2_000)
})

test('more questions than may wait are refused at once', async () => {
  const publicKey = () => sleep(1_000).then(() => ({ spki: 'AA' }))
  await serve({ ...made.signer, publicKey })
  const signer = ask({ maxWaiting: 10, timeoutMs: 500 })
  const asked = Array.from({ length: 20 }, () => signer.publicKey({ keyName: 'x' }))
  const outcomes = await Promise.allSettled(asked)
  assert.ok(outcomes.every(({ status }) => status === 'rejected'))
})

test('a connection with too many questions is read no further until some are answered', async () => {
  let begun = 0
  const held: (() => void)[] = []
  const signer: Signer = {
    ...made.signer,
    publicKey: () => {
      begun += 1
      return new Promise((resolve) => held.push(() => resolve({ spki: 'AA' })))
    },
  }
  await serve(signer)
  const peer = connect(socket)
  const frame = encodeFrame(tagOf('publicKey'), 1, { keyName: 'x'.repeat(90) })
  for (let written = 0; written < 40_000; written++) peer.write(frame)
  await sleep(300)
  const first = begun
  assert.ok(first < 2_000, `${first} were begun`)
  while (held.length > 0) held.pop()?.()
  await sleep(300)
  assert.ok(begun > first)
  peer.destroy()
  const drain = setInterval(() => held.splice(0).forEach((answer) => answer()), 5)
  ends.push(async () => clearInterval(drain))
})

const hostile: Readonly<Record<string, Buffer>> = {
  'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nhost: signer\r\n\r\n'),
  'a tag that is none': encodeFrame(200, 1, {}),
  'a length of four gigabytes': Buffer.from('ffffffff0000000001', 'hex'),
  'a small question with megabytes': encodeFrame(tagOf('publicKey'), 1, {
    keyName: 'x'.repeat(1_000_000),
  }),
}
for (const [what, bytes] of Object.entries(hostile)) {
  test(`${what} ends the connection, and no other`, async () => {
    await serve()
    const signer = ask()
    await signer.deviceCertificate(await order())
    const peer = connect(socket)
    peer.on('error', () => undefined)
    const closed = new Promise((resolve) => peer.on('close', resolve))
    peer.write(bytes)
    await closed
    await signer.deviceCertificate(await order())
  })
}

test('JSON of another form is refused, and the connection goes on', async () => {
  await serve()
  const peer = connect(socket)
  const reader = new FrameReader(() => 100_000)
  const frames: number[] = []
  peer.on('data', (piece: Buffer) => {
    for (const { tag } of reader.take(piece)) frames.push(tag)
  })
  for (const value of [null, [], 'text', { keyName: 3 }, { keyName: '../../etc/passwd' }]) {
    peer.write(encodeFrame(tagOf('publicKey'), 1, value))
  }
  while (frames.length < 5) await sleep(10)
  assert.deepEqual(frames, Array(5).fill(outcomes.refused))
  peer.destroy()
})

test('half a question is not waited for', async () => {
  await serve(made.signer, 200)
  const peer = connect(socket)
  peer.write(encodeFrame(tagOf('publicKey'), 1, { keyName: 'x' }).subarray(0, 12))
  const started = performance.now()
  await once(peer, 'close')
  assert.ok(performance.now() - started < 2_000)
})

test('a socket that others could have made, or a directory that others can write, is not trusted', async () => {
  const close = await serve()
  chmodSync(socket, 0o666)
  await assert.rejects(ask().publicKey({ keyName: 'x' }), isCode('signer_socket_refused'))
  chmodSync(socket, 0o600)
  chmodSync(directory, 0o777)
  await assert.rejects(ask().publicKey({ keyName: 'x' }), isCode('signer_socket_refused'))
  await close()
  await assert.rejects(serve(), isCode('signer_socket_refused'))
  chmodSync(directory, 0o700)
})

test('a file in its place is not removed, a second signer does not take over, what was left behind is replaced', async () => {
  writeFileSync(socket, '')
  await assert.rejects(serve(), isCode('signer_socket_refused'))
  rmSync(socket)
  const close = await serve()
  await assert.rejects(serve(), isCode('signer_socket_refused'))
  await ask().deviceCertificate(await order())
  await close()
  await serve()
  await ask().deviceCertificate(await order())
})

test('a folder of keys that lies too deep for a socket has it elsewhere, for its user alone', async () => {
  const keys = { directory: path.join('deep'.repeat(20), 'deeper'.repeat(10)) }
  const elsewhere = signerSocketOf(directory, { keys, signer: {} })
  assert.ok(Buffer.byteLength(elsewhere) <= 103)
  assert.equal(elsewhere, signerSocketOf(directory, { keys, signer: {} }))
  assert.notEqual(elsewhere, signerSocketOf(`${directory}2`, { keys, signer: {} }))
  const close = await serveSigner({ signer: made.signer, socket: elsewhere, log })
  ends.push(close)
  const client = new SignerClient({ socket: elsewhere })
  ends.push(() => client.close())
  await client.signer.deviceCertificate(await order())
  assert.equal(lstatSync(path.dirname(elsewhere)).mode & 0o777, 0o700)
  assert.equal(
    path.dirname(signerSocketOf('/short', { keys: { directory: 'keys' }, signer: {} })),
    '/short/keys',
  )
})
