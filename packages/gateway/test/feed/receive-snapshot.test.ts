import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { parseSnapshotSeal } from '../../src/control/feed-messages.ts'
import { FeedUnverified, readFeedJws } from '../../src/feed/feed-jws.ts'
import { keyObjectOf } from '../../src/feed/feed-key.ts'
import { receiveSnapshot } from '../../src/feed/receive-snapshot.ts'
import { feedSigner } from '../support/feed-signer.ts'

const signer = feedSigner()
const keys = new Map([[signer.jwk.kid, keyObjectOf(signer.jwk)]])
const unseal = (jws: string) => parseSnapshotSeal(readFeedJws(jws, keys))

function sealed(body: Buffer, bytes = body.length, by = signer): Buffer {
  const sha256 = createHash('sha256').update(body).digest('base64url')
  const seal = by.sign({ type: 'snapshot', epoch: 'epo_a', seq: 1, at: 1, bytes, sha256 })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(seal.length)
  return Buffer.concat([length, Buffer.from(seal), body])
}

/** Receives what a server sends, over HTTP. */
async function receive(t: TestContext, bytes: Buffer, encoding?: string) {
  const server = http.createServer((_, response) => {
    if (encoding !== undefined) response.setHeader('content-encoding', encoding)
    response.on('error', () => {})
    response.end(bytes)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const answer = await new Promise<http.IncomingMessage>((resolve) => {
    http.get({ port, host: '127.0.0.1', agent: false }, resolve)
  })
  return receiveSnapshot(answer, unseal)
}

const body = Buffer.from('status '.repeat(10_000))

test('a snapshot is received plain, and as gzip and zstd', async (t) => {
  const whole = sealed(body)
  for (const [bytes, encoding] of [
    [whole, undefined],
    [gzipSync(whole), 'gzip'],
    [zstdCompressSync(whole), 'zstd'],
  ] as const) {
    assert.deepEqual((await receive(t, bytes, encoding)).bytes, body)
  }
})

test('a bomb is not unpacked: neither before its seal nor beyond what that says', async (t) => {
  const zeros = Buffer.alloc(256 * 1024 * 1024)
  const before = process.memoryUsage().rss
  for (const bomb of [
    [zeros.subarray(0, 64 * 1024), zeros],
    [sealed(body), zeros],
    [sealed(body, body.length, feedSigner()), zeros],
  ]) {
    for (const [bytes, encoding] of [
      [gzipSync(Buffer.concat(bomb)), 'gzip'],
      [zstdCompressSync(Buffer.concat(bomb)), 'zstd'],
    ] as const) {
      await assert.rejects(receive(t, bytes, encoding), FeedUnverified)
    }
  }
  const grownMiB = (process.memoryUsage().rss - before) / 1_048_576
  t.diagnostic(`${grownMiB.toFixed()} MiB, of which the bombs themselves are most`)
})

test('cut off, lengthened, changed, or in another encoding, it is not taken', async (t) => {
  const whole = sealed(body)
  for (let part = 0; part < 20; part++) {
    await assert.rejects(receive(t, whole.subarray(0, Math.floor((whole.length * part) / 20))))
  }
  await assert.rejects(receive(t, Buffer.concat([whole, Buffer.from('x')])), FeedUnverified)
  for (let part = 1; part < 20; part++) {
    const changed = Buffer.from(whole)
    const at = Math.floor((whole.length * part) / 20)
    changed[at] = (changed[at] ?? 0) ^ 1
    await assert.rejects(receive(t, changed))
  }
  await assert.rejects(receive(t, whole, 'br'), RangeError)
  await assert.rejects(receive(t, Buffer.from('no gzip'), 'gzip'))
  await assert.rejects(receive(t, sealed(body, 2 ** 40)), RangeError)
})
