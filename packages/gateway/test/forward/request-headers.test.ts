import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isProblem } from '@sallyport/problem'
import type { Exchange } from '../../src/exchange/exchange.ts'
import { countHeader, lookUpHeader } from '../../src/exchange/header-lookup.ts'
import { emptyBlock, fieldBlock } from '../../src/forward/field-block.ts'
import { canonicalFieldName } from '../../src/forward/request-field-rules.ts'
import {
  type ForwardHeaders,
  http1RequestHead,
  http2RequestHead,
  requestTrailers,
} from '../../src/forward/request-headers.ts'

type Given = {
  rawHeaders?: readonly string[]
  method?: string
  target?: string
  authority?: string | undefined
  httpVersion?: '1.0' | '1.1' | '2'
  contentLength?: number | undefined
  expectsContinue?: boolean
}

// The members that building a head reads; the exchanges themselves are tested over sockets.
function exchange(given: Given): Exchange {
  const rawHeaders = given.rawHeaders ?? []
  return {
    httpVersion: '1.1',
    method: 'GET',
    target: '/',
    authority: 'api.example.com',
    contentLength: 0,
    expectsContinue: false,
    header: (name: string) => lookUpHeader(rawHeaders, name),
    headerCount: (name: string) => countHeader(rawHeaders, name),
    ...given,
    rawHeaders,
  } as unknown as Exchange
}

const nothing: ForwardHeaders = { set: [], block: emptyBlock, strip: () => false }
const options = { fallbackAuthority: 'orders:9000' }

function headOf(given: Given, headers: ForwardHeaders = nothing): string {
  return http1RequestHead(exchange(given), headers, options)
}

test('keeps the fields of the client, their case and their order', () => {
  const head = headOf({ rawHeaders: ['accept', '*/*', 'X-B', '2', 'X-A', '1', 'X-B', '3'] })
  assert.equal(
    head,
    'GET / HTTP/1.1\r\nHost: api.example.com\r\naccept: */*\r\nX-B: 2\r\nX-A: 1\r\nX-B: 3\r\n\r\n',
  )
})

test('calls the service by its own name only where the client named none', () => {
  assert.match(headOf({ authority: undefined }), /^GET \/ HTTP\/1\.1\r\nHost: orders:9000\r\n/)
})

test('removes the fields of the client connection, and those that it names', () => {
  const head = headOf({
    rawHeaders: [
      'Connection', 'keep-alive, X-Hop',
      'X-Hop', '1',
      'x-hop', '2',
      'Keep-Alive', 'timeout=5',
      'Proxy-Connection', 'keep-alive',
      'Proxy-Authorization', 'Basic eDp5',
      'Upgrade', 'h2c',
      'HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA',
      'X-Kept', 'yes',
    ],
  }) // biome-ignore format: pairs
  assert.equal(head, 'GET / HTTP/1.1\r\nHost: api.example.com\r\nX-Kept: yes\r\n\r\n')
})

const forged = [
  'Client-Cert',
  'Client-Cert-Chain',
  'client_cert',
  'CLIENT-CERT',
  'Sallyport-Device',
  'sallyport_device',
  'Sallyport.Device',
  'Sallyport-Anything',
  'X-Forwarded-Client-Cert',
  'X_Forwarded_Client_Cert',
  'X-Forwarded-Tls-Client-Cert',
  'X-Forwarded-Tls-Client-Cert-Info',
  'X-SSL-Client-Cert',
  'X-SSL-Anything',
  'x_ssl_client_dn',
  'SSL-Client-Verify',
  'ssl_client_cert',
  'X-Client-Cert',
  'X-Client-Cert-Hash',
  'X-Amzn-Mtls-Clientcert-Leaf',
  'Cf-Client-Cert-Der-Base64',
  'X-ARR-ClientCert',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Real-IP',
  'True-Client-IP',
]

for (const name of forged) {
  test(`never believes ${name} from outside`, () => {
    const value = 'forged'
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      assert.doesNotMatch(headOf({ rawHeaders: [spelling, value] }), /forged/)
      const list = http2RequestHead(
        exchange({ rawHeaders: [spelling.toLowerCase(), value], httpVersion: '2' }),
        nothing,
        { ...options, scheme: 'https' },
      )
      assert.ok(!list.includes(value))
    }
  })
}

test('what the gateway says replaces what the client says under any spelling', () => {
  const head = headOf(
    { rawHeaders: ['X-Request-Id', 'theirs', 'x_request_id', 'theirs', 'TraceParent', 'theirs'] },
    { ...nothing, set: ['X-Request-Id', 'ours', 'traceparent', 'ours'] },
  )
  assert.doesNotMatch(head, /theirs/)
  assert.match(head, /\r\nX-Request-Id: ours\r\ntraceparent: ours\r\n\r\n$/)
})

test('withholds what the caller says, by lower-case name', () => {
  const head = headOf(
    { rawHeaders: ['Authorization', 'Bearer x', 'X-A', '1'] },
    { ...nothing, strip: (name) => name === 'authorization' },
  )
  assert.doesNotMatch(head, /Bearer/)
  assert.match(head, /X-A: 1/)
})

test('writes the framing anew, never Content-Length and Transfer-Encoding together', () => {
  const rawHeaders = ['Content-Length', '5', 'Transfer-Encoding', 'chunked', 'Content_Length', '7']
  assert.match(
    headOf({ rawHeaders, method: 'POST', contentLength: undefined }),
    /\r\nTransfer-Encoding: chunked\r\n\r\n$/,
  )
  const sized = headOf({ rawHeaders, method: 'POST', contentLength: 5 })
  assert.match(sized, /\r\nContent-Length: 5\r\n\r\n$/)
  assert.doesNotMatch(sized, /Transfer-Encoding|Content_Length/)
})

test('refuses transfer codings other than chunked, which it cannot pass on', () => {
  for (const coding of ['gzip, chunked', 'chunked, chunked', 'identity']) {
    const given = { rawHeaders: ['Transfer-Encoding', coding], contentLength: undefined }
    assert.throws(() => headOf(given), isMalformed)
  }
  const old = { rawHeaders: ['Transfer-Encoding', 'chunked'], contentLength: undefined }
  assert.throws(() => headOf({ ...old, httpVersion: '1.0' }), isMalformed)
})

test('says that there is no content where the method anticipates some', () => {
  assert.match(headOf({ method: 'POST' }), /\r\nContent-Length: 0\r\n\r\n$/)
  assert.doesNotMatch(headOf({ method: 'GET' }), /Content-Length/)
})

test('passes TE on only for trailers, and Expect only for 100-continue', () => {
  assert.match(
    headOf({ rawHeaders: ['TE', 'gzip, trailers;q=0.5'] }),
    /\r\nTE: trailers\r\nConnection: TE\r\n/,
  )
  assert.doesNotMatch(headOf({ rawHeaders: ['TE', 'gzip'] }), /TE:/)
  assert.doesNotMatch(headOf({ rawHeaders: ['Expect', 'something'] }), /Expect/)
  assert.match(headOf({ expectsContinue: true, contentLength: 1 }), /\r\nExpect: 100-continue\r\n/)
})

test('refuses a value that would end its line', () => {
  for (const value of ['a\r\nX-Evil: 1', 'a\nb', 'a\rb', 'a\0b', 'a\x7f', 'č\u010d\u010a']) {
    assert.throws(() => headOf({ rawHeaders: ['X-A', value] }), isMalformed, JSON.stringify(value))
    assert.throws(() => headOf({}, { ...nothing, set: ['X-A', value] }), isMalformed)
  }
})

test('what is said of a caller is looked through, and goes as it is, in HTTP/1 and HTTP/2', () => {
  const block = fieldBlock(['Client-Cert', ':AAAA:', 'Sallyport-Device', 'dev_1; app=wallet'])
  const headers: ForwardHeaders = { ...nothing, set: ['X-Request-Id', 'req_1'], block }
  const rawHeaders = ['X-A', '1', 'Client-Cert', ':BBBB:', 'sallyport_device', 'dev_2']
  assert.equal(
    headOf({ rawHeaders }, headers),
    'GET / HTTP/1.1\r\nHost: api.example.com\r\nX-A: 1\r\nX-Request-Id: req_1\r\n' +
      'Client-Cert: :AAAA:\r\nSallyport-Device: dev_1; app=wallet\r\n\r\n',
  )
  const list = http2RequestHead(exchange({ rawHeaders }), headers, { ...options, scheme: 'http' })
  assert.deepEqual(list.slice(8), [
    'x-a', '1', 'x-request-id', 'req_1', 'client-cert', ':AAAA:', 'sallyport-device',
    'dev_1; app=wallet',
  ]) // biome-ignore format: pairs
  assert.throws(() => fieldBlock(['Client-Cert', 'A\r\nX: 1']), isMalformed)
  assert.throws(() => fieldBlock(['Client-Cert', '\u010d\u010a']), isMalformed)
  assert.throws(() => fieldBlock(['X-A', '1']), TypeError)
})

test('only the very text that was verified is not looked through again', () => {
  const verifiedText = 'Bearer AAAA'
  const headers: ForwardHeaders = { ...nothing, verifiedText }
  assert.match(headOf({ rawHeaders: ['Authorization', verifiedText] }, headers), /: Bearer AAAA\r/)
  const rawHeaders = ['Authorization', `${verifiedText}\r\nX: 1`]
  assert.throws(() => headOf({ rawHeaders }, headers), isMalformed)
})

test('refuses a name, method, target or host that would end its line', () => {
  assert.throws(() => headOf({ rawHeaders: ['X A', '1'] }), isMalformed)
  assert.throws(() => headOf({ rawHeaders: ['', '1'] }), isMalformed)
  assert.throws(() => headOf({ method: 'GET / HTTP/1.1\r\nX: ' }), isMalformed)
  assert.throws(() => headOf({ target: '/a b' }), isProblem)
  assert.throws(() => headOf({ target: '/a\r\nX: 1' }), isProblem)
  assert.throws(() => headOf({ target: '' }), isProblem)
  assert.throws(() => headOf({ authority: 'a\r\nX: 1' }), isMalformed)
  assert.throws(() => headOf({ authority: 'user@host' }), isMalformed)
})

function isMalformed(error: unknown): boolean {
  return isProblem(error) && error.code === 'request_malformed'
}

test('a request of HTTP/2 becomes one of HTTP/1, and the other way round', () => {
  const given: Given = {
    rawHeaders: ['x-a', '1', 'te', 'trailers'],
    httpVersion: '2',
    target: '/p?q',
  }
  assert.equal(
    headOf(given),
    'GET /p?q HTTP/1.1\r\nHost: api.example.com\r\nx-a: 1\r\nTE: trailers\r\nConnection: TE\r\n\r\n',
  )
  assert.deepEqual(
    http2RequestHead(
      exchange({ rawHeaders: ['Host', 'api.example.com', 'X-A', '1', 'Connection', 'close'], method: 'PUT', contentLength: 3 }),
      nothing,
      { ...options, scheme: 'http' },
    ),
    [
      ':method', 'PUT', ':scheme', 'http', ':authority', 'api.example.com', ':path', '/',
      'x-a', '1', 'content-length', '3',
    ],
  ) // biome-ignore format: pairs
})

test('trailers obey the rules of the header section', () => {
  const kept = requestTrailers(
    [
      'X-Sum',
      '1',
      'Sallyport-Device',
      'x',
      'client_cert',
      'x',
      'Content-Length',
      '1',
      'Host',
      'x',
      'X-Id',
      'x',
      'Authorization',
      'x',
      'X-Bad',
      'a\nb',
    ],
    { ...nothing, set: ['X-Id', 'ours'] },
  )
  assert.deepEqual(kept, ['x-sum', '1'])
})

test('whatever fields come, the head has the lines that it should and no others', () => {
  const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/)
  const value = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,30}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (fields) => {
      const head = headOf({ rawHeaders: fields.flat(), contentLength: 3, method: 'POST' })
      const lines = head.split('\r\n')
      assert.deepEqual(lines.slice(-2), ['', ''])
      assert.equal(lines.filter((line) => /^content.length:/i.test(line)).length, 1)
      assert.equal(lines.filter((line) => /^host:/i.test(line)).length, 1)
      for (const line of lines.slice(1, -2)) {
        const canonical = canonicalFieldName(line.slice(0, line.indexOf(':')))
        assert.doesNotMatch(
          canonical,
          /^(?:sallyport-|client-cert|x-forwarded-|transfer-encoding|connection$)/,
        )
      }
    }),
  )
})
