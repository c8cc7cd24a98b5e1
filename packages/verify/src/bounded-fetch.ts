const timeoutMs = 5_000

/** What a URL answers: `text` is undefined where it is what `etag` names (304). */
export type Fetched = { readonly text: string | undefined; readonly etag: string | undefined }

export type FetchBounds = {
  /** Media types. */
  readonly accept: string
  readonly maxBytes: number
  /** Of what is there already. */
  readonly etag?: string | undefined
}

/**
 * The body of a URL, within five seconds and a number of bytes, from nowhere else.
 *
 * @throws TypeError and DOMException: what fetch throws, another status, too many bytes, no UTF-8
 */
export async function boundedFetch(url: string, bounds: FetchBounds): Promise<Fetched> {
  const { accept, maxBytes, etag } = bounds
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    headers: { accept, ...(etag === undefined ? {} : { 'if-none-match': etag }) },
  })
  if (response.status === 304 && etag !== undefined) {
    await response.body?.cancel()
    return { text: undefined, etag }
  }
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new TypeError(`${url} answered ${response.status}`)
  }
  let text = ''
  let bytes = 0
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const chunk of response.body ?? []) {
    const piece = chunk as Uint8Array
    bytes += piece.byteLength
    if (bytes > maxBytes) throw new TypeError(`${url} answered more than ${maxBytes} bytes`)
    text += decoder.decode(piece, { stream: true })
  }
  return { text: text + decoder.decode(), etag: response.headers.get('etag') ?? undefined }
}
