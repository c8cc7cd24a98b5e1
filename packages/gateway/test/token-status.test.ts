import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type Change, issuedBase, tokenBase } from '@sallyport/wire'
import { decodePackedStatus, encodePackedStatus } from '@sallyport/wire/status'
import fc from 'fast-check'
import { parseIssuer } from '../src/control/feed-messages.ts'
import { KnownStatus } from '../src/control/known-status.ts'
import { DeviceStatus } from '../src/status/device-status.ts'
import { endedUntilCode, isEndedUntil } from '../src/status/ended-until.ts'
import { statusControl } from '../src/status/status-control.ts'
import { type KeyedToken, tokenKeys } from '../src/status/token-status.ts'
import { type Listed, packed } from './support/packed.ts'

const issuer = 'https://id.example.com'
const until = Date.now() + 1_000_000
const issuedAt = Date.UTC(2026, 5, 1)
const limits = { warnAfterSeconds: 300, sensitiveAfterSeconds: 3_600, stopAfterSeconds: 86_400 }
const text = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl'
const token: KeyedToken = {
  issuer,
  subject: 'anna',
  tokenId: 'jti-1',
  session: 'sid-1',
  issuedAt,
  claims: { iat: issuedAt / 1_000 },
}
const sha256 = (base: string) => createHash('sha256').update(base).digest('base64url')
const bare: Listed = {
  epoch: 'epo_a',
  seq: 10,
  at: 0,
  issuers: [],
  certificates: [],
  devices: [],
}

function setUp() {
  const known = new KnownStatus(statusControl(), async (table) => status.install(table))
  const status: DeviceStatus = new DeviceStatus(known.control, known.table, limits)
  known.replace(packed(bare))
  known.handOut()
  let seq = known.seq
  const end = (kind: string, key: string, members: Partial<Change> = {}) =>
    known.apply({ seq: ++seq, at: 0, kind, key, status: 'ended', until, ...members })
  const ended = (of: KeyedToken = token, deviceId?: string, at = issuedAt) =>
    status.endedToken(tokenKeys({ ...of, issuedAt: at }, text), deviceId)
  return { known, end, ended }
}

test('a token ends by its id and by its text, whenever it was issued', () => {
  for (const base of [issuedBase(issuer, 'jti-1'), tokenBase(text)]) {
    const { end, ended } = setUp()
    assert.equal(ended(), undefined)
    end('token', sha256(base))
    assert.equal(ended(), 'token_ended')
    assert.equal(ended(token, 'dev_a', until), 'token_ended')
  }
})

test('another signature over the same JWT does not bring it back', () => {
  const { known, end } = setUp()
  end('token', sha256(tokenBase(text)))
  const status = new DeviceStatus(known.control, known.table, limits)
  const altered = `${text.slice(0, text.lastIndexOf('.'))}.b3RoZXI`
  const without = { ...token, tokenId: undefined }
  assert.equal(status.endedToken(tokenKeys(without, altered), undefined), 'token_ended')
})

test('an opaque token is known by all of its text, dots and all', () => {
  assert.equal(tokenBase('opaque'), 'opaque')
  assert.equal(tokenBase('opa.que'), 'opa.que')
  assert.equal(tokenBase('.'), '.')
  assert.equal(tokenBase('v4.local.AAAA'), 'v4.local.AAAA', 'all tokens of PASETO begin so')
  assert.equal(tokenBase('eyJhIjoxfQ.e30.c'), 'eyJhIjoxfQ.e30')
})

test('a session ends for good, and no session of its name at another issuer', () => {
  const { end, ended } = setUp()
  end('session', sha256(issuedBase(issuer, 'sid-1')))
  assert.equal(ended(), 'token_session_ended')
  assert.equal(ended({ ...token, issuer: 'https://other.example.com' }), undefined)
  assert.equal(ended({ ...token, session: undefined }), undefined)
  assert.equal(ended({ ...token, session: 'sid-2' }), undefined)
})

test("a subject's tokens end that were issued up to then, and none that came later", () => {
  const { end, ended } = setUp()
  end('subject', sha256(issuedBase(issuer, 'anna')), { issuedUntil: issuedAt + 999 })
  assert.equal(ended(token, undefined, issuedAt - 1), 'token_subject_ended')
  assert.equal(ended(token, undefined, issuedAt), 'token_subject_ended')
  assert.equal(ended(token, undefined, issuedAt + 1_000), undefined)
  assert.equal(ended({ ...token, subject: 'bea' }), undefined)
})

test("a device's tokens end whosever they are, and on no other device", () => {
  const { end, ended } = setUp()
  end('deviceTokens', 'dev_a', { issuedUntil: issuedAt })
  assert.equal(ended(token, 'dev_a'), 'token_device_ended')
  assert.equal(ended(token, 'dev_a', issuedAt + 1_000), undefined)
  assert.equal(ended(token, 'dev_b'), undefined)
  assert.equal(ended(), undefined)
})

test('an end without a time, of an unknown status or time of issue ends everything', () => {
  for (const members of [{}, { status: 'paused', issuedUntil: issuedAt }]) {
    const { end, ended } = setUp()
    end('subject', sha256(issuedBase(issuer, 'anna')), members)
    assert.equal(ended(token, undefined, Number.MAX_SAFE_INTEGER), 'token_subject_ended')
  }
  const { end, ended } = setUp()
  end('subject', sha256(issuedBase(issuer, 'anna')), { issuedUntil: issuedAt })
  assert.equal(ended(token, undefined, Number.NaN), 'token_subject_ended')
  const untold = { ...token, claims: {} }
  assert.equal(ended(untold, undefined, Number.MAX_SAFE_INTEGER), 'token_subject_ended')
  end('session', sha256(issuedBase(issuer, 'sid-2')), { status: 'paused' })
  assert.equal(ended({ ...token, subject: 'bea', session: 'sid-2' }), 'token_session_ended')
})

test('a token given in exchange ends with the one that it was given for', () => {
  const iat = issuedAt / 1_000
  const exchanged: KeyedToken = {
    issuer: 'https://authority.example.com',
    subject: 'anna',
    tokenId: 'own',
    session: 'sid-1',
    issuedAt,
    claims: { iat: issuedAt / 1_000, subject_token: { iss: issuer, jti: 'jti-1', iat } },
  }
  const keys = {
    token: issuedBase(issuer, 'jti-1'),
    session: issuedBase(issuer, 'sid-1'),
    subject: issuedBase(issuer, 'anna'),
  }
  for (const [kind, base] of Object.entries(keys)) {
    const { end, ended } = setUp()
    end(kind, sha256(base), { issuedUntil: issuedAt })
    assert.notEqual(ended(exchanged), undefined, kind)
  }
  // By the clock of its provider, whatever ours said when it was exchanged.
  const late = setUp()
  late.end('subject', sha256(issuedBase(issuer, 'anna')), { issuedUntil: issuedAt })
  assert.equal(late.ended(exchanged, undefined, issuedAt + 60_000), 'token_subject_ended')
  const untold = { ...exchanged, claims: { iat, subject_token: { iss: issuer } } }
  assert.equal(late.ended(untold, undefined, issuedAt + 60_000), 'token_subject_ended')
  const { ended } = setUp()
  // Of one without an id, the key that its text has in the feed.
  const byText = setUp()
  const key = sha256('eyJhbGciOiJFUzI1NiJ9.e30')
  byText.end('token', key, {})
  const ofText = { ...exchanged, claims: { iat, subject_token: { iss: issuer, iat, key } } }
  assert.equal(byText.ended(ofText), 'token_ended')
  for (const claim of [null, 1, 'x', [], { iss: 1 }, { key: 1 }, { iss: issuer, jti: {}, key }]) {
    assert.equal(ended({ ...exchanged, claims: { subject_token: claim } }), undefined)
  }
})

test('what is ended stays so over an earlier end, a restart, and an authority of an older store', () => {
  const { known, end, ended } = setUp()
  const key = sha256(issuedBase(issuer, 'anna'))
  end('subject', key, { issuedUntil: issuedAt })
  end('subject', key, { issuedUntil: issuedAt - 60_000 })
  end('session', sha256(issuedBase(issuer, 'sid-1')))
  assert.equal(ended({ ...token, session: undefined }), 'token_subject_ended')

  const restarted = setUp()
  const onDisk = encodePackedStatus(known.packed(Date.now()))
  restarted.known.replace(decodePackedStatus(onDisk, parseIssuer))
  restarted.known.handOut()
  assert.equal(restarted.ended(), 'token_session_ended')

  const older = { ...bare, epoch: 'epo_b', seq: 1, tokens: [], sessions: [], deviceTokens: [] }
  const subjects = [{ key, status: 'ended', until, issuedUntil: issuedAt - 60_000 }]
  const { kept } = known.replace(packed({ ...older, subjects }))
  known.handOut()
  assert.equal(kept, 2)
  assert.equal(ended(), 'token_session_ended')
  assert.equal(ended({ ...token, session: undefined }), 'token_subject_ended')
})

test('what a snapshot of the same epoch does not list any more has been forgotten in time', () => {
  const { known, end, ended } = setUp()
  end('token', sha256(issuedBase(issuer, 'jti-1')))
  assert.equal(ended(), 'token_ended')
  known.replace(packed({ ...bare, seq: 100 }))
  known.handOut()
  assert.equal(ended(), undefined)
})

test('what may be forgotten is not written down again', () => {
  const { known, end } = setUp()
  end('token', 'k', { until: 5 })
  assert.equal(known.counts().token, 1)
  // A clock that is a day ahead forgets nothing that still counts.
  const dayMs = 86_400_000
  assert.equal(known.packed(5 + dayMs - 1).sections[0]?.count, 1)
  assert.deepEqual(known.packed(5 + dayMs + 1).sections, [])
})

test('a larger table holds the times, too', () => {
  const { known, end, ended } = setUp()
  end('subject', sha256(issuedBase(issuer, 'anna')), { issuedUntil: issuedAt })
  for (let index = 0; index < 2_000; index++) end('token', `other ${index}`)
  assert.equal(ended(), 'token_subject_ended')
  assert.equal(ended(token, undefined, issuedAt + 1_000), undefined)
  assert.equal(known.counts().token, 2_000)
})

test('every time of an end holds for every time of issue, to the second', () => {
  const time = fc.integer({ min: 0, max: Date.UTC(2060, 0) })
  fc.assert(
    fc.property(time, time, (endedUntil, issued) => {
      const code = endedUntilCode(endedUntil)
      assert(Number.isInteger(code) && code < 0 && code >= -(2 ** 31))
      const isBefore = Math.floor(issued / 1_000) <= Math.floor(endedUntil / 1_000)
      if (isBefore) assert(isEndedUntil(code, issued))
      else if (issued >= Date.UTC(2025, 0, 1, 0, 0, 1)) assert(!isEndedUntil(code, issued))
    }),
  )
})
