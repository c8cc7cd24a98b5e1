/**
 * The service behind every gateway: answers each request at once with the same small JSON text, and
 * `echoPath` with the request's own head. As lean as can be, so that it is never what is waited for.
 *
 * Arguments: the port. Requests have no content.
 */
import { createServer, type Socket } from 'node:net'
import { echoPath } from './upstream.ts'

const items = Array.from({ length: 8 }, (_, id) => ({ id, name: `item-${id}` }))
const answer = answerOf(JSON.stringify({ items }))
const headEnd = Buffer.from('\r\n\r\n')

createServer({ noDelay: true }, serve).listen(Number(process.argv[2]), '127.0.0.1')

function serve(socket: Socket): void {
  let rest: Buffer | undefined
  // A gateway that is stopped drops its connections: nothing to do about it here.
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(headEnd); end >= 0; end = bytes.indexOf(headEnd, start)) {
      const isEcho = bytes.toString('latin1', start, start + 64).includes(echoPath)
      socket.write(isEcho ? answerOf(bytes.toString('latin1', start, end)) : answer)
      start = end + headEnd.length
    }
    rest = start < bytes.length ? bytes.subarray(start) : undefined
  })
}

function answerOf(content: string): Buffer {
  return Buffer.from(
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n' +
      `Date: Sat, 21 Nov 2026 12:00:00 GMT\r\nContent-Length: ${content.length}\r\n\r\n${content}`,
    'latin1',
  )
}
