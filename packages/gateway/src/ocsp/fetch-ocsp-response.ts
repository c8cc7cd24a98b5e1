import type { StatusSource } from './certificate-status-source.ts'
import { ocspRequest } from './ocsp-request.ts'
import { maxResponseBytes } from './ocsp-response.ts'

const timeoutMs = 10_000

/** Asks the responder that a certificate names (RFC 6960 §A.1). A text says why there is no answer. */
export async function fetchOcspResponse(source: StatusSource): Promise<Buffer | string> {
  try {
    const response = await fetch(source.url, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: new Uint8Array(ocspRequest(source.leaf, source.issuer)),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      return `the responder answers ${response.status}`
    }
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of response.body ?? []) {
      bytes += (chunk as Uint8Array).length
      if (bytes > maxResponseBytes) return `the responder sends more than ${maxResponseBytes} bytes`
      chunks.push(chunk as Uint8Array)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return `the responder cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}
