import type { IncomingMessage, ServerResponse } from 'node:http'

const maxDiscardedBytes = 256 * 1024
const maxDiscardMs = 2_000

/**
 * Ends an answer whose request is still being sent. A server that closes with unread bytes makes the kernel send a
 * reset, and the reset may reach the client before the answer does (RFC 9112 §9.6): so the rest of the request is
 * read and thrown away first, within bounds.
 *
 * @param content what is left of the answer. It must have a Content-Length, and Connection: close.
 */
export function discardThenEnd(
  req: IncomingMessage,
  res: ServerResponse,
  content: Buffer | undefined,
): void {
  let discarded = 0
  let isOver = false
  const end = () => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    req.pause()
    res.end()
  }
  const timer = setTimeout(end, maxDiscardMs)
  req.removeAllListeners('data')
  req.on('data', (chunk: Buffer) => {
    discarded += chunk.length
    if (discarded > maxDiscardedBytes) end()
  })
  req.on('end', end)
  req.on('close', end)
  if (content !== undefined) res.write(content)
  req.resume()
}
