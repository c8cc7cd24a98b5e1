// A table: answers of services, valid and hostile, and what we make of each.

/** `undici`: what its parser makes of it where that differs from ours, and why we differ. */
export type Sample = {
  name: string
  bytes: string
  method?: 'GET' | 'HEAD'
  expected: 'accepted' | 'refused' | 'incomplete'
  status?: number
  content?: string
  undici?: { expected: 'accepted' | 'refused' | 'incomplete'; why: string }
}

const ok = 'HTTP/1.1 200 OK\r\n'

export const samples: Sample[] = [
  {
    name: 'length',
    bytes: `${ok}Content-Length: 5\r\n\r\nhello`,
    expected: 'accepted',
    status: 200,
    content: 'hello',
  },
  {
    name: 'length 0',
    bytes: `${ok}Content-Length: 0\r\n\r\n`,
    expected: 'accepted',
    status: 200,
    content: '',
  },
  {
    name: 'length with leading zeros',
    bytes: `${ok}Content-Length: 005\r\n\r\nhello`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'no framing: to the end of the connection',
    bytes: `${ok}\r\nhello`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'Connection: close without framing',
    bytes: `${ok}Connection: close\r\n\r\nhello`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'HTTP/1.0',
    bytes: 'HTTP/1.0 200 OK\r\n\r\nhello',
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'chunked',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'Chunked in capitals',
    bytes: `${ok}Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'several chunks',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'upper and lower hexadecimal',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n`,
    expected: 'accepted',
    content: '01234567890123456789',
  },
  {
    name: 'chunk size with leading zeros',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n000\r\n\r\n`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'chunk extension',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'quoted chunk extension',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5;a="b;c"\r\nhello\r\n0\r\n\r\n`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'trailers',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`,
    expected: 'accepted',
    content: 'hello',
  },
  {
    name: 'field value with spaces around',
    bytes: `${ok}X-A: \t b \t\r\nContent-Length: 0\r\n\r\n`,
    expected: 'accepted',
  },
  {
    name: 'empty field value',
    bytes: `${ok}X-A:\r\nContent-Length: 0\r\n\r\n`,
    expected: 'accepted',
  },
  {
    name: 'obs-text in a value',
    bytes: `${ok}X-A: \xe9\xff\r\nContent-Length: 0\r\n\r\n`,
    expected: 'accepted',
  },
  {
    name: 'tab in a value',
    bytes: `${ok}X-A: a\tb\r\nContent-Length: 0\r\n\r\n`,
    expected: 'accepted',
  },
  {
    name: 'no reason phrase',
    bytes: 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n',
    expected: 'accepted',
  },
  {
    name: 'no space before a missing reason phrase',
    bytes: 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
    expected: 'accepted',
  },
  {
    name: 'obs-text in the reason phrase',
    bytes: 'HTTP/1.1 404 Pas trouv\xe9\r\nContent-Length: 0\r\n\r\n',
    expected: 'accepted',
    status: 404,
  },
  {
    name: '204',
    bytes: 'HTTP/1.1 204 No Content\r\n\r\n',
    expected: 'accepted',
    status: 204,
    content: '',
  },
  {
    name: '304 with a length',
    bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    expected: 'accepted',
    status: 304,
    content: '',
  },
  {
    name: 'HEAD with a length',
    bytes: `${ok}Content-Length: 5\r\n\r\n`,
    method: 'HEAD',
    expected: 'accepted',
    content: '',
  },
  {
    name: 'HEAD chunked',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n`,
    method: 'HEAD',
    expected: 'accepted',
    content: '',
  },
  {
    name: '103 before the answer',
    bytes: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}Content-Length: 2\r\n\r\nok`,
    expected: 'accepted',
    status: 200,
    content: 'ok',
  },
  {
    name: '102 twice before the answer',
    bytes: `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok}Content-Length: 2\r\n\r\nok`,
    expected: 'accepted',
    content: 'ok',
  },
  {
    name: '100 that nobody waits for',
    bytes: `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 2\r\n\r\nok`,
    expected: 'accepted',
    content: 'ok',
    undici: {
      expected: 'refused',
      why: 'undici never sends Expect; a service may say 100 to anybody (RFC 9110 §15.2)',
    },
  },
  {
    name: 'quoted fields of many kinds',
    bytes: `${ok}ETag: "x"\r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\nContent-Length: 0\r\n\r\n`,
    expected: 'accepted',
  },

  { name: 'length cut off', bytes: `${ok}Content-Length: 5\r\n\r\nhel`, expected: 'incomplete' },
  {
    name: 'chunk cut off',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`,
    expected: 'incomplete',
  },
  {
    name: 'last chunk missing',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    expected: 'incomplete',
  },
  {
    name: 'empty line behind the last chunk missing',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`,
    expected: 'incomplete',
  },
  { name: 'head cut off', bytes: `${ok}Content-Len`, expected: 'incomplete' },
  { name: 'nothing', bytes: '', expected: 'incomplete' },

  { name: 'garbage', bytes: 'SSH-2.0-OpenSSH_9.2\r\n\r\n', expected: 'refused' },
  { name: 'a TLS alert', bytes: '\x15\x03\x01\x00\x02\x02\x46', expected: 'refused' },
  { name: 'HTTP/2 frames', bytes: '\x00\x00\x12\x04\x00\x00\x00\x00\x00', expected: 'refused' },
  { name: 'HTTP/0.9', bytes: '<html>hello</html>', expected: 'refused' },
  {
    name: 'HTTP/2.0',
    bytes: 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
    undici: {
      expected: 'accepted',
      why: 'llhttp takes 2.0 on an HTTP/1 connection; there is no such message',
    },
  },
  { name: 'HTTP/1.2', bytes: 'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n', expected: 'refused' },
  {
    name: 'lower-case http',
    bytes: 'http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
  },
  {
    name: 'an empty line first',
    bytes: `\r\n${ok}Content-Length: 0\r\n\r\n`,
    expected: 'refused',
    undici: {
      expected: 'accepted',
      why: 'RFC 9112 §2.2 lets a server skip it before a request; before an answer it is a byte too many of the last one',
    },
  },
  {
    name: 'status of two digits',
    bytes: 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
  },
  {
    name: 'status of four digits',
    bytes: 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
  },
  {
    name: 'status 099',
    bytes: 'HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
  },
  {
    name: 'status 999',
    bytes: 'HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
    undici: { expected: 'accepted', why: 'RFC 9110 §15: statuses outside 100 to 599 are invalid' },
  },
  {
    name: 'status with a sign',
    bytes: 'HTTP/1.1 +200 OK\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
  },
  {
    name: 'two spaces before the status',
    bytes: 'HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
  },
  {
    name: 'bare LF at the end of the status line',
    bytes: 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
  },
  {
    name: 'bare LF at the end of a field',
    bytes: `${ok}X-A: b\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'bare LF for the empty line',
    bytes: `${ok}Content-Length: 0\r\n\n`,
    expected: 'refused',
  },
  {
    name: 'bare CR in a value',
    bytes: `${ok}X-A: b\rX-C: d\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'bare CR in the reason phrase',
    bytes: 'HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
  },
  {
    name: 'NUL in a value',
    bytes: `${ok}X-A: b\0c\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'NUL in a name',
    bytes: `${ok}X\0A: b\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a control in a value',
    bytes: `${ok}X-A: b\x01c\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'DEL in a value',
    bytes: `${ok}X-A: b\x7fc\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a control in the reason phrase',
    bytes: 'HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n',
    expected: 'refused',
    undici: { expected: 'accepted', why: 'RFC 9112 §4: a reason phrase has no controls' },
  },
  {
    name: 'obs-fold with a space',
    bytes: `${ok}X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'obs-fold with a tab',
    bytes: `${ok}X-A: b\r\n\tc\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a space before the first field',
    bytes: `${ok} X-A: b\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a space before the colon',
    bytes: `${ok}X-A : b\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a space in a name',
    bytes: `${ok}X A: b\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  { name: 'an empty name', bytes: `${ok}: b\r\nContent-Length: 0\r\n\r\n`, expected: 'refused' },
  {
    name: 'a field without a colon',
    bytes: `${ok}X-A\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'obs-text in a name',
    bytes: `${ok}X-\xe9: b\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },

  {
    name: 'Content-Length and Transfer-Encoding',
    bytes: `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'Transfer-Encoding and Content-Length',
    bytes: `${ok}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'two different lengths',
    bytes: `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
    expected: 'refused',
  },
  {
    name: 'two equal lengths',
    bytes: `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
    expected: 'refused',
  },
  {
    name: 'a list of lengths',
    bytes: `${ok}Content-Length: 5, 5\r\n\r\nhello`,
    expected: 'refused',
  },
  { name: 'a negative length', bytes: `${ok}Content-Length: -5\r\n\r\nhello`, expected: 'refused' },
  {
    name: 'a length with a plus',
    bytes: `${ok}Content-Length: +5\r\n\r\nhello`,
    expected: 'refused',
  },
  {
    name: 'a hexadecimal length',
    bytes: `${ok}Content-Length: 0x5\r\n\r\nhello`,
    expected: 'refused',
  },
  {
    name: 'a length with a fraction',
    bytes: `${ok}Content-Length: 5.0\r\n\r\nhello`,
    expected: 'refused',
  },
  { name: 'an empty length', bytes: `${ok}Content-Length: \r\n\r\nhello`, expected: 'refused' },
  {
    name: 'a length of 2^64',
    bytes: `${ok}Content-Length: 18446744073709551616\r\n\r\nhello`,
    expected: 'refused',
  },
  {
    name: 'a length above 2^53',
    bytes: `${ok}Content-Length: 9007199254740993\r\n\r\nhello`,
    expected: 'refused',
    undici: { expected: 'incomplete', why: 'a number that JavaScript cannot hold exactly' },
  },
  {
    name: 'gzip, chunked',
    bytes: `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    expected: 'refused',
    undici: { expected: 'accepted', why: 'we could neither decode it nor pass it on' },
  },
  {
    name: 'chunked, chunked',
    bytes: `${ok}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
    expected: 'refused',
    undici: { expected: 'accepted', why: 'RFC 9112 §6.1: chunked must not be applied twice' },
  },
  {
    name: 'chunked in two fields',
    bytes: `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    expected: 'refused',
    undici: { expected: 'accepted', why: 'the same as a list' },
  },
  {
    name: 'identity',
    bytes: `${ok}Transfer-Encoding: identity\r\n\r\nhello`,
    expected: 'refused',
    undici: {
      expected: 'accepted',
      why: 'RFC 9112 §7 has no identity; framing that is not understood',
    },
  },
  {
    name: 'xchunked',
    bytes: `${ok}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    expected: 'refused',
    undici: { expected: 'accepted', why: 'framing that is not understood' },
  },
  {
    name: 'Transfer-Encoding in HTTP/1.0',
    bytes: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    expected: 'refused',
    undici: { expected: 'accepted', why: 'RFC 9112 §6.1: faulty framing' },
  },
  {
    name: '101 that nobody asked for',
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    expected: 'refused',
  },

  {
    name: 'a chunk size that is none',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'an empty chunk size',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a chunk size with 0x',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a negative chunk size',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a space behind a chunk size',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a space before a chunk size',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a chunk size of 2^64',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nhello`,
    expected: 'refused',
  },
  {
    name: 'bare LF behind a chunk size',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'bare LF behind a chunk',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a chunk longer than its size',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'LF in a chunk extension',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'NUL in a chunk extension',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5;a\0b\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'a chunk extension of a kilobyte',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5;${'a'.repeat(1_024)}\r\nhello\r\n0\r\n\r\n`,
    expected: 'refused',
    undici: { expected: 'accepted', why: 'a bound of ours' },
  },
  {
    name: 'chunk extensions without end',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n${`1;${'a'.repeat(250)}\r\nx\r\n`.repeat(80)}0\r\n\r\n`,
    expected: 'refused',
    undici: { expected: 'accepted', why: 'a bound of ours' },
  },
  {
    name: 'bare LF in the trailers',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\nX-C: d\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'obs-fold in the trailers',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\r\n c\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'NUL in the trailers',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\0\r\n\r\n`,
    expected: 'refused',
  },
  {
    name: 'trailers above the bound',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`,
    expected: 'refused',
    undici: { expected: 'accepted', why: 'a bound of ours' },
  },
  {
    name: 'a head above the bound',
    bytes: `${ok}X-A: ${'a'.repeat(70_000)}\r\nContent-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
  { name: 'a head that never ends', bytes: ok + 'X-A: b\r\n'.repeat(10_000), expected: 'refused' },
  {
    name: 'more fields than the bound',
    bytes: `${ok}${'X: y\r\n'.repeat(300)}Content-Length: 0\r\n\r\n`,
    expected: 'refused',
    undici: { expected: 'accepted', why: 'a bound of ours' },
  },
  {
    name: 'interim answers without end',
    bytes: `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)}${ok}Content-Length: 0\r\n\r\n`,
    expected: 'refused',
    undici: { expected: 'accepted', why: 'a bound of ours' },
  },
  {
    name: 'a second answer behind an interim one with content',
    bytes: `HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello${ok}Content-Length: 0\r\n\r\n`,
    expected: 'refused',
  },
]
