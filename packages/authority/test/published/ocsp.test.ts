import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { enroll, type Phone } from '../fixture/phone.ts'
import { movableClock } from '../fixture/clock.ts'
import { addressesOf, certificatesOf, deployPublishing, type Publishing } from './publishing.ts'
import { type RelyingParty, relyingParty } from './relying-party.ts'

const clock = movableClock()
let publishing: Publishing
let phones: Record<'good' | 'revoked' | 'suspended', Phone>
let party: RelyingParty
before(async () => {
  publishing = await deployPublishing({ now: clock.now })
  phones = {
    good: await enroll(publishing),
    revoked: await enroll(publishing),
    suspended: await enroll(publishing),
  }
  party = relyingParty(phones)
  await change('revoked', 'revoke')
  await change('suspended', 'suspend')
})
after(async () => {
  party.close()
  await publishing.close()
})

const change = async (name: keyof typeof phones, verb: string) => {
  const path = `/admin/v1/devices/${phones[name].issued.deviceId}/${verb}`
  assert.equal((await publishing.admin(path, { body: {} })).status, 200)
}
const trust = ['-CAfile', 'ca.pem', '-partial_chain']
const ask = (...args: string[]) =>
  party.run(
    'openssl',
    'ocsp',
    '-issuer',
    'ca.pem',
    '-url',
    `${publishing.url}/ocsp`,
    ...trust,
    ...args,
  )

for (const hash of ['-sha1', '-sha256']) {
  test(`openssl ocsp asks by ${hash} and is told what is so, the moment that it is`, async () => {
    const answer = await ask(hash, '-cert', 'good.pem')
    assert.match(answer.text, /Response verify OK[^]*good\.pem: good/)
    assert.doesNotMatch(answer.text, /WARNING/)
    const revoked = await ask(hash, '-cert', 'revoked.pem')
    assert.match(revoked.text, /Response verify OK[^]*revoked\.pem: revoked/)
    const held = await ask(hash, '-cert', 'suspended.pem')
    assert.match(held.text, /Response verify OK[^]*: revoked[^]*Reason: certificateHold/)
    await change('suspended', 'resume')
    assert.match((await ask(hash, '-cert', 'suspended.pem')).text, /suspended\.pem: good/)
    await change('suspended', 'suspend')
    assert.match((await ask(hash, '-cert', 'suspended.pem')).text, /suspended\.pem: revoked/)
  })
}

test('several are answered in one response, and one that was never issued is unknown', async () => {
  const answer = await ask(
    '-cert',
    'good.pem',
    '-cert',
    'revoked.pem',
    '-serial',
    '0x1234567890abcdef',
  )
  assert.match(answer.text, /Response verify OK/)
  assert.match(answer.text, /good\.pem: good/)
  assert.match(answer.text, /revoked\.pem: revoked/)
  assert.match(answer.text, /0x1234567890abcdef: unknown/)
})

/** The bytes of a request that openssl makes. */
async function requestOf(...args: string[]): Promise<Buffer> {
  const made = await party.run(
    'openssl',
    'ocsp',
    '-issuer',
    'ca.pem',
    ...args,
    '-reqout',
    'request',
  )
  assert.ok(made.ok, made.text)
  return party.read('request')
}
const inPath = (text: string) => fetch(`${publishing.url}/ocsp/${text}`)
const readBack = async (answer: Response) => {
  party.file('response', new Uint8Array(await answer.arrayBuffer()))
  const args = ['-respin', 'response', ...trust, '-issuer', 'ca.pem', '-cert', 'good.pem']
  return (await party.run('openssl', 'ocsp', ...args)).text
}

test('GET has the request in its path, however much of it is escaped, and may be cached', async () => {
  const base64 = (await requestOf('-no_nonce', '-cert', 'good.pem')).toString('base64')
  const forms = [encodeURIComponent(base64), base64, base64.replaceAll('/', '%2f'), `/${base64}`]
  for (const form of forms) {
    const answer = await inPath(form)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/ocsp-response')
    assert.match(await readBack(answer), /Response verify OK[^]*good\.pem: good/)
  }
  const answer = await inPath(encodeURIComponent(base64))
  assert.match(answer.headers.get('cache-control') ?? '', /^max-age=60, public, no-transform/)
  const etag = answer.headers.get('etag') ?? ''
  const again = await fetch(answer.url, { headers: { 'if-none-match': etag } })
  assert.equal(again.status, 304)
  const head = await fetch(answer.url, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(head.headers.get('etag'), etag)
  assert.equal(await head.text(), '')
})

test('an answer to a nonce is signed for it, and kept by nobody', async () => {
  const request = await requestOf('-nonce', '-cert', 'good.pem')
  const [one, two] = await Promise.all([
    inPath(encodeURIComponent(request.toString('base64'))),
    inPath(encodeURIComponent(request.toString('base64'))),
  ])
  assert.equal(one?.headers.get('cache-control'), 'no-store')
  const bodies = await Promise.all([one, two].map((answer) => answer?.arrayBuffer()))
  assert.notDeepEqual(bodies[0], bodies[1])
})

const post = (body: Uint8Array, type = 'application/ocsp-request') =>
  fetch(`${publishing.url}/ocsp`, { method: 'POST', headers: { 'content-type': type }, body })
/** OCSPResponseStatus of an answer that says nothing of certificates. */
const statusOf = async (answer: Response) => {
  const body = Buffer.from(await answer.arrayBuffer())
  return body.subarray(0, 4).toString('hex') === '30030a01' ? body[4] : undefined
}

test('what is no request is malformed, and costs nothing', async () => {
  const good = await requestOf('-no_nonce', '-cert', 'good.pem')
  const bodies = [
    Buffer.from('not a request'),
    Buffer.concat([good, Buffer.alloc(1)]),
    good.subarray(0, -1),
    randomBytes(8_000),
    Buffer.from('3080308030800000', 'hex'),
  ]
  for (const body of bodies) assert.equal(await statusOf(await post(body)), 1)
  for (const text of ['%', '%00', 'MEU', '!!!!', 'a b', '..%2f..', 'A'.repeat(11_000)]) {
    const answer = await inPath(text)
    assert.ok(answer.status === 400 || (await statusOf(answer)) === 1, text.slice(0, 20))
  }
})

test('10,000 entries are refused before they are read', async () => {
  const args = ['-no_nonce']
  for (let serial = 1; serial <= 100; serial++) args.push('-serial', `0x${serial.toString(16)}`)
  const hundred = await requestOf(...args)
  const startedAt = performance.now()
  const answer = await post(Buffer.concat(Array<Buffer>(100).fill(hundred)))
  assert.equal(answer.status, 413)
  assert.ok(performance.now() - startedAt < 500)
  assert.equal(await statusOf(await post(hundred.subarray(0, 8_000))), 1)
})

test('nobody is answered about the certificates of others', async () => {
  const other = await deployPublishing()
  try {
    const stranger = relyingParty({ good: await enroll(other) })
    const url = ['-url', `${publishing.url}/ocsp`]
    const args = ['-issuer', 'ca.pem', '-cert', 'good.pem', ...trust]
    assert.match(
      (await stranger.run('openssl', 'ocsp', ...args, ...url)).text,
      /unauthorized \(6\)/,
    )
    stranger.close()
  } finally {
    await other.close()
  }
})

test('other methods, types and paths are refused', async () => {
  const good = await requestOf('-no_nonce', '-cert', 'good.pem')
  assert.equal((await post(good, 'application/json')).status, 400)
  assert.equal((await post(good, 'text/plain')).status, 415)
  assert.equal((await fetch(`${publishing.url}/ocsp`)).status, 404)
  const empty = await fetch(`${publishing.url}/ocsp`, { method: 'POST' })
  assert.ok(empty.status === 415 || (await statusOf(empty)) === 1)
})

test('an answer is fresh again after its half, and after the clock went back an hour', async () => {
  const base64 = (await requestOf('-no_nonce', '-cert', 'good.pem')).toString('base64')
  const etag = async () => (await inPath(encodeURIComponent(base64))).headers.get('etag')
  const first = await etag()
  assert.equal(await etag(), first)
  clock.moveMinutes(31)
  const second = await etag()
  assert.notEqual(second, first)
  clock.moveMinutes(-31)
  assert.notEqual(await etag(), second)
  assert.match((await ask('-cert', 'good.pem')).text, /good\.pem: good/)
})

test('the responder is followed by another before it ends', async () => {
  const serial = async () => {
    const answer = await ask('-cert', 'good.pem', '-resp_text')
    return /Certificate:[^]*?Serial Number:\s*([0-9a-f:]+)/.exec(answer.text)?.[1]
  }
  const first = await serial()
  assert.ok(first !== undefined)
  clock.move(4)
  assert.equal(await serial(), first)
  await publishing.eventually('another responder', async () =>
    (await serial()) === first ? undefined : true,
  )
  clock.move(-4)
})

test('of a CA that was withdrawn everything is revoked, also what it never issued', async () => {
  const { issuer } = certificatesOf(phones.good)
  const path = `/admin/v1/issuers/${issuer.spkiSha256}/withdraw`
  const answer = await publishing.admin(path, { body: { reason: 'leaked' } })
  assert.equal(answer.status, 200, answer.text)
  await publishing.eventually('withdrawn', async () => {
    const { text } = await ask('-cert', 'good.pem', '-serial', '0x1234567890abcdef')
    const all = /good\.pem: revoked[^]*0x1234567890abcdef: revoked/.test(text)
    return all && /Response verify OK/.test(text) ? true : undefined
  })
})

test('every answer is counted', async () => {
  const { text } = await publishing.operations('/metrics')
  for (const answer of ['good', 'revoked', 'unknown', 'malformedRequest', 'unauthorized']) {
    assert.match(text, new RegExp(`ocsp_answers_total\\{answer="${answer}"\\} [1-9]`))
  }
})

test('its address is that of its certificates', () => {
  assert.equal(addressesOf(certificatesOf(phones.good).leaf).ocsp, `${publishing.url}/ocsp`)
})
