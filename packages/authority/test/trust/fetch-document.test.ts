import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isProblem } from '@sallyport/problem'
import { fetchDocument } from '../../src/trust/fetch-document.ts'
import { type Publisher, publish, startPublisher } from '../fixture/publisher.ts'

let publisher: Publisher
before(async () => {
  publisher = await startPublisher()
})
after(() => publisher.close())

const maxBytes = 10_000

const isUnreachable = (said: RegExp) => (error: unknown) =>
  isProblem(error) && error.code === 'trust_source_unreachable' && said.test(error.detail ?? '')

test('a document comes with what says next time whether it changed', async () => {
  const lastModified = 'Sat, 21 Nov 2026 10:00:00 GMT'
  const headers = {
    'last-modified': lastModified,
    'cache-control': 'public, max-age=600',
    age: '60',
  }
  publisher.answer('/a', publish('[1]', { etag: '"one"', headers }))
  const fetched = await fetchDocument(`${publisher.url}/a`, { maxBytes })
  assert.equal(fetched.bytes?.toString(), '[1]')
  assert.equal(fetched.etag, '"one"')
  assert.equal(fetched.lastModified, lastModified)
  assert.equal(fetched.maxAgeSeconds, 540)

  const { etag } = fetched
  const again = await fetchDocument(`${publisher.url}/a`, { maxBytes, etag, lastModified })
  assert.equal(again.bytes, undefined)
  assert.equal(publisher.requests.at(-1)?.headers['if-modified-since'], lastModified)
  publisher.answer('/a', publish('[2]', { etag: '"two"' }))
  const changed = await fetchDocument(`${publisher.url}/a`, { maxBytes, etag })
  assert.equal(changed.bytes?.toString(), '[2]')
})

const maxAges: readonly [string, number | undefined][] = [
  ['max-age=0', 0],
  ['no-store', 0],
  ['max-age=99999999999999', undefined],
  ['max-age=-5', undefined],
  ['private, max-age="300"', 300],
  ['s-maxage=7', undefined],
  ['', undefined],
]
for (const [control, expected] of maxAges) {
  test(`of the Cache-Control "${control}", the answer is good for ${expected} seconds`, async () => {
    publisher.answer('/age', publish('[]', { headers: { 'cache-control': control } }))
    const { maxAgeSeconds } = await fetchDocument(`${publisher.url}/age`, { maxBytes })
    assert.equal(maxAgeSeconds, expected)
  })
}

test('a redirect is not followed', async () => {
  const location = `${publisher.url}/a`
  publisher.answer('/moved', (_, response) => response.writeHead(302, { location }).end())
  const before = publisher.requests.length
  await assert.rejects(
    fetchDocument(`${publisher.url}/moved`, { maxBytes }),
    isUnreachable(/found 302, to /),
  )
  assert.equal(publisher.requests.length, before + 1)
})

test('304 to a question that named no document is no answer', async () => {
  publisher.answer('/304', (_, response) => response.writeHead(304).end())
  await assert.rejects(
    fetchDocument(`${publisher.url}/304`, { maxBytes }),
    isUnreachable(/expected status 200, found 304/),
  )
})

test('an endless body is given up as soon as it is too long', async () => {
  let isGivenUp = false
  publisher.answer('/endless', (_, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(4_096)), 1)
    response.on('close', () => {
      clearInterval(timer)
      isGivenUp = true
    })
  })
  await assert.rejects(
    fetchDocument(`${publisher.url}/endless`, { maxBytes }),
    isUnreachable(/at most 10000 bytes/),
  )
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.ok(isGivenUp)
})

test('what is small on the wire and huge when it is unpacked is too long', async () => {
  const body = gzipSync(Buffer.alloc(50_000_000))
  assert.ok(body.length < 60_000)
  publisher.answer('/bomb', publish(body, { headers: { 'content-encoding': 'gzip' } }))
  await assert.rejects(
    fetchDocument(`${publisher.url}/bomb`, { maxBytes: 100_000 }),
    isUnreachable(/at most 100000 bytes/),
  )
})

test('a body that ends before its stated length is not taken for whole', async () => {
  publisher.answer('/short', (_, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"entries":')
    setTimeout(() => response.destroy(), 20)
  })
  await assert.rejects(fetchDocument(`${publisher.url}/short`, { maxBytes }), isUnreachable(/./))
})

test('a body that drips is given up in time', async () => {
  publisher.answer('/drip', (_, response) => {
    const timer = setInterval(() => response.write(' '), 5)
    response.on('close', () => clearInterval(timer))
  })
  const startedAt = performance.now()
  await assert.rejects(
    fetchDocument(`${publisher.url}/drip`, { maxBytes, timeoutMs: 200 }),
    isUnreachable(/none in time/),
  )
  assert.ok(performance.now() - startedAt < 2_000)
})

test('a server that accepts and says nothing is given up in time', async () => {
  publisher.answer('/silent', () => undefined)
  await assert.rejects(
    fetchDocument(`${publisher.url}/silent`, { maxBytes, timeoutMs: 100 }),
    isUnreachable(/none in time/),
  )
})

test('a server that is not there is told by its error code', async () => {
  await assert.rejects(
    fetchDocument('http://127.0.0.1:1/x', { maxBytes }),
    isUnreachable(/ECONNREFUSED|bad port/),
  )
})

test('a validator that nobody needs is not kept', async () => {
  publisher.answer('/etag', publish('[]', { etag: `"${'x'.repeat(5_000)}"` }))
  const { etag } = await fetchDocument(`${publisher.url}/etag`, { maxBytes })
  assert.equal(etag, undefined)
})
