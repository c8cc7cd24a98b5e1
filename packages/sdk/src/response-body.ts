import type { TransportBody } from './transport.ts'

/** What was read of a body: all of it, or its beginning and a stream that gives the whole again. */
export type ReadBody =
  | { readonly isWhole: true; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly isWhole: false; readonly stream: ReadableStream<Uint8Array> }

/** Reads at most so many bytes. A longer body is not lost: it comes back as a stream from its beginning. */
export async function readBody(
  body: TransportBody | undefined,
  maximumBytes: number,
): Promise<ReadBody> {
  if (body === undefined) return { isWhole: true, bytes: new Uint8Array() }
  if (body instanceof Uint8Array) {
    if (body.length <= maximumBytes) return { isWhole: true, bytes: new Uint8Array(body) }
    return { isWhole: false, stream: streamOf([body]) }
  }
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  while (length <= maximumBytes) {
    const { done, value } = await reader.read()
    if (done) return { isWhole: true, bytes: concat(chunks, length) }
    chunks.push(value)
    length += value.length
  }
  return { isWhole: false, stream: streamOf(chunks, reader) }
}

/** The same stream; `onEnd` is called when it has ended, in whatever way. */
export function streamWithEnd(
  stream: ReadableStream<Uint8Array>,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  return new ReadableStream({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        onEnd()
        controller.close()
      } catch (error) {
        onEnd()
        throw error
      }
    },
    cancel: (reason) => {
      onEnd()
      return reader.cancel(reason)
    },
  })
}

function streamOf(
  chunks: Uint8Array[],
  rest?: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: async (controller) => {
      const first = chunks.shift()
      if (first !== undefined) return controller.enqueue(first)
      const next = await rest?.read()
      if (next === undefined || next.done) controller.close()
      else controller.enqueue(next.value)
    },
    cancel: (reason) => rest?.cancel(reason),
  })
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
