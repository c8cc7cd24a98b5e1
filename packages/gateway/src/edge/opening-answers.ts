// What is written, in bytes, to those whom TLS has not begun with.

/** TLS alert 112, unrecognized_name, fatal (RFC 6066 §3): where TLS has not begun we write alerts ourselves. */
export const unrecognizedName = Buffer.from([21, 3, 3, 0, 2, 2, 112])
/** TLS alert 80, internal_error, fatal (RFC 8446 §6): the fault is ours. */
export const internalError = Buffer.from([21, 3, 3, 0, 2, 2, 80])

/** How a request begins that somebody sends to a TLS port. */
export const plainHttp = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|PRI) /
const plainHttpWords = 'This port speaks TLS alone: use https://\n'
export const plainHttpAnswer =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n' +
  `Content-Length: ${plainHttpWords.length}\r\n\r\n${plainHttpWords}`
