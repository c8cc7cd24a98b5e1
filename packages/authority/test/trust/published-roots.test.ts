import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInRoots, trustAnchor } from '@sallyport/attestation'
import { toPem } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import fc from 'fast-check'
import { googleRootKeys } from '../../src/config/attestation-config.ts'
import { parsePublishedRoots, pinRoots } from '../../src/trust/published-roots.ts'
import { makeRoot } from '../fixture/roots.ts'

const { google } = builtInRoots
const pemOf = ({ certificate }: { certificate: { der: Uint8Array } }) =>
  toPem('CERTIFICATE', certificate.der)
const published = (...pems: string[]) => parsePublishedRoots(Buffer.from(JSON.stringify(pems)))
const isMalformed = (error: unknown) =>
  isProblem(error) && error.code === 'published_roots_malformed'

test('what Google publishes is what is built in and pinned', () => {
  const pinned = pinRoots(googleRootKeys, google, published(...google.map(pemOf)))
  assert.deepEqual(
    pinned.anchors.map(({ spkiSha256 }) => spkiSha256),
    [...googleRootKeys],
  )
  assert.deepEqual([pinned.unpinned, pinned.vanished, pinned.unknown], [[], [], []])
})

test('a published root that is not pinned is told, and no anchor', async () => {
  const stranger = trustAnchor(await makeRoot())
  const pinned = pinRoots(googleRootKeys, google, published(...google.map(pemOf), pemOf(stranger)))
  assert.deepEqual(
    pinned.unpinned.map(({ spkiSha256 }) => spkiSha256),
    [stranger.spkiSha256],
  )
  assert.ok(pinned.anchors.every(({ spkiSha256 }) => spkiSha256 !== stranger.spkiSha256))
})

test('a pinned root that is not published any more is told, and goes on', () => {
  const [rsa] = google
  assert.ok(rsa)
  const pinned = pinRoots(googleRootKeys, google, published(pemOf(rsa)))
  assert.deepEqual(pinned.vanished, [googleRootKeys[1]])
  assert.equal(pinned.anchors.length, 2)
})

test('a pinned root that is not built in becomes an anchor when it is published', async () => {
  const next = trustAnchor(await makeRoot())
  const pins = [...googleRootKeys, next.spkiSha256]
  assert.deepEqual(pinRoots(pins, google, undefined).unknown, [next.spkiSha256])
  const { anchors, unknown } = pinRoots(pins, google, published(...google.map(pemOf), pemOf(next)))
  assert.deepEqual(unknown, [])
  assert.equal(anchors.at(-1)?.spkiSha256, next.spkiSha256)
  assert.equal(anchors.at(-1)?.development, false)
})

test('a certificate of tomorrow is counted, and the others are read', () => {
  const roots = published(
    ...google.map(pemOf),
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
  )
  assert.equal(roots.certificates.length, 2)
  assert.equal(roots.unreadable.length, 1)
})

test('anything else is malformed, and nothing else is thrown', () => {
  for (const text of ['', '<!doctype html>', '{}', '[]', '[1]', 'null', '["x"]']) {
    assert.throws(() => parsePublishedRoots(Buffer.from(text)), isMalformed, text)
  }
  assert.throws(() => parsePublishedRoots(Buffer.alloc(300_000, '[')), isMalformed)
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json().map((text) => Buffer.from(text)),
        fc.uint8Array(),
      ),
      (bytes) => {
        assert.throws(() => parsePublishedRoots(bytes), isMalformed)
      },
    ),
  )
})
