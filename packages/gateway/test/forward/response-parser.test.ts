import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesOf, parseAll } from './parse-all.ts'
import { samples } from './response-corpus.ts'

const contextOf = (method: 'GET' | 'HEAD' | undefined) => ({
  isHead: method === 'HEAD',
  upgrades: false,
})

for (const sample of samples) {
  test(`${sample.name} is ${sample.expected}`, () => {
    const parsed = parseAll([bytesOf(sample.bytes)], contextOf(sample.method))
    assert.equal(outcomeOf(parsed), sample.expected)
    if (sample.status !== undefined) assert.equal(parsed.head?.status, sample.status)
    if (sample.content !== undefined) assert.equal(parsed.content, sample.content)
  })
}

function outcomeOf(parsed: ReturnType<typeof parseAll>): 'accepted' | 'refused' | 'incomplete' {
  if (parsed.isRefused) return 'refused'
  return parsed.isComplete ? 'accepted' : 'incomplete'
}

test('however a sample is cut into pieces, the same is made of it', () => {
  const short = samples.filter((sample) => sample.bytes.length < 2_000)
  fc.assert(
    fc.property(
      fc.constantFrom(...short),
      fc.array(fc.nat(2_000), { maxLength: 30 }),
      (sample, cuts) => {
        const context = contextOf(sample.method)
        const whole = parseAll([bytesOf(sample.bytes)], context)
        const cut = parseAll(cutAt(bytesOf(sample.bytes), cuts), context)
        assert.equal(outcomeOf(cut), outcomeOf(whole))
        if (!whole.isRefused) assert.deepEqual(cut, whole)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('each sample, byte by byte, is what it is as a whole', () => {
  for (const sample of samples) {
    const context = contextOf(sample.method)
    const bytes = bytesOf(sample.bytes)
    const whole = parseAll([bytes], context)
    const single = parseAll(
      Array.from(bytes, (byte) => Buffer.from([byte])),
      context,
    )
    assert.equal(outcomeOf(single), outcomeOf(whole), sample.name)
    if (!whole.isRefused) assert.deepEqual(single, whole, sample.name)
  }
})

test('content of any size and any chunks comes out as it went in', () => {
  const piece = fc.uint8Array({ minLength: 1, maxLength: 40_000 })
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 5 }),
      fc.array(fc.nat(100_000), { maxLength: 10 }),
      (pieces, cuts) => {
        const chunks = pieces.map((bytes) => Buffer.from(bytes))
        const content = Buffer.concat(chunks).toString('latin1')
        const framed = chunks.map(
          (chunk) => `${chunk.length.toString(16)}\r\n${chunk.toString('latin1')}\r\n`,
        )
        const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${framed.join('')}0\r\n\r\n`
        const sized = `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`
        for (const text of [chunked, sized]) {
          const parsed = parseAll(cutAt(bytesOf(text), cuts))
          assert.ok(parsed.isComplete)
          assert.equal(parsed.content, content)
          assert.equal(parsed.rest, '')
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('bytes of any kind are refused or read, and nothing else happens', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (pieces) => {
      parseAll(pieces.map((piece) => Buffer.from(piece)))
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...samples), (noise, sample) => {
      const bytes = bytesOf(sample.bytes.slice(0, 2_000))
      const at = (noise[0] ?? 0) % (bytes.length + 1)
      parseAll([bytes.subarray(0, at), Buffer.from(noise), bytes.subarray(at)])
    }),
  )
})

test('what follows a complete answer is left over, not read', () => {
  for (const answer of [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n',
  ]) {
    const parsed = parseAll([bytesOf(`${answer}HTTP/1.1 200 OK\r\n\r\nevil`)])
    assert.ok(parsed.isComplete)
    assert.equal(parsed.rest, 'HTTP/1.1 200 OK\r\n\r\nevil')
  }
})

test('a change of protocol leaves what follows its head to the new protocol', () => {
  const bytes =
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-A: 1\r\n\r\n\x81\x02hi'
  const parsed = parseAll([bytesOf(bytes)], { isHead: false, upgrades: true })
  assert.ok(parsed.isUpgraded)
  assert.deepEqual(parsed.head?.fields, ['X-A', '1'])
  assert.equal(parsed.rest, '\x81\x02hi')
})

test('the fields of the connection, and those that it names, are not passed on', () => {
  const parsed = parseAll([
    bytesOf(
      'HTTP/1.1 200 OK\r\nConnection: x-hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=7, max=9\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nTE: x\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n',
    ),
  ])
  assert.deepEqual(parsed.head?.fields, ['X-Kept', '1', 'Content-Length', '0'])
  assert.equal(parsed.head?.keepAliveSeconds, 7)
  assert.equal(parsed.head?.keepAlive, true)
})

const persistence: [string, boolean][] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', true],
  ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', false],
  ['HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n', false],
  ['HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', false],
  ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', false],
  ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', true],
  ['HTTP/1.1 200 OK\r\n\r\n', false],
]

test('tells whether the connection outlives the answer (RFC 9112 §9.3)', () => {
  for (const [bytes, keepAlive] of persistence) {
    assert.equal(parseAll([bytesOf(bytes)]).head?.keepAlive, keepAlive, JSON.stringify(bytes))
  }
})

test('forbidden trailers are dropped', () => {
  const parsed = parseAll([
    bytesOf(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\nSet-Cookie: a=b\r\nConnection: x\r\n\r\n',
    ),
  ])
  assert.deepEqual(parsed.trailers, ['X-Sum', '1'])
})

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  const pieces: Buffer[] = []
  let start = 0
  for (const place of [...places, bytes.length]) {
    if (place > start) pieces.push(bytes.subarray(start, place))
    start = Math.max(start, place)
  }
  return pieces
}
