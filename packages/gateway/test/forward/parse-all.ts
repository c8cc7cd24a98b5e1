import { isProblem } from '@sallyport/problem'
import type { ResponseContext, ResponseHead } from '../../src/forward/h1/response-head.ts'
import { type ResponseEvents, ResponseParser } from '../../src/forward/h1/response-parser.ts'

/** All that a parser says of a stream of bytes, with content joined: equal for any way to cut it. */
export type Parsed = {
  informational: { status: number; fields: string[] }[]
  head?: Omit<ResponseHead, never>
  content: string
  trailers?: readonly string[]
  isUpgraded: boolean
  /** Bytes behind the complete answer. */
  rest: string
  isComplete: boolean
  isRefused: boolean
}

/** Feeds pieces one after another, then the end of the connection. */
export function parseAll(
  pieces: readonly Buffer[],
  context: ResponseContext = { isHead: false, upgrades: false },
): Parsed {
  const parsed: Parsed = {
    informational: [],
    content: '',
    isUpgraded: false,
    rest: '',
    isComplete: false,
    isRefused: false,
  }
  const events: ResponseEvents = {
    onInformational: ({ status, fields }) => parsed.informational.push({ status, fields }),
    onHead: (head) => {
      parsed.head = head
    },
    onWhole: (head, content) => {
      parsed.head = head
      parsed.content = content
      parsed.trailers = []
      parsed.isComplete = true
    },
    onContent: (chunk) => {
      parsed.content += chunk.toString('latin1')
    },
    onEnd: (trailers) => {
      parsed.trailers = trailers
      parsed.isComplete = true
    },
    onUpgrade: (head) => {
      parsed.head = head
      parsed.isUpgraded = true
    },
  }
  const parser = new ResponseParser(events)
  parser.expect(context)
  try {
    for (const piece of pieces) {
      // As a connection reads: into memory that the next piece overwrites.
      const used = parser.execute(Buffer.from(piece))
      parsed.rest += piece.toString('latin1', used)
    }
    parser.finish()
  } catch (error) {
    if (!isProblem(error) || error.code !== 'upstream_response_invalid') throw error
    parsed.isRefused = true
  }
  return parsed
}

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
