import { type Fetched, fetchDocument } from './fetch-document.ts'
import { type CopySource, type KeptCopy, sha256Hex } from './kept-copy.ts'
import type { KeptDocument, OfferOptions, Outcome } from './kept-document.ts'
import { rootsDocument, statusListDocument, type TrustDocument } from './trust-documents.ts'
import type { TrustSnapshot } from './snapshot.ts'

/** What came of asking for a document. */
export type FetchOutcome = { outcome: Outcome; fetched: Fetched }

/**
 * Asks the publisher for a document, and offers what it answers.
 *
 * @throws Problem `trust_source_unreachable`
 */
export async function fetchInto<T>(
  kept: KeptDocument<T>,
  { maxBytes }: TrustDocument<T>,
  url: string,
  { signal, ...offer }: OfferOptions & { signal: AbortSignal },
): Promise<FetchOutcome> {
  const held = kept.held?.copy
  // What another address said of its own document says nothing of this one.
  const { etag, lastModified } = held?.url === url ? held : {}
  const fetched = await fetchDocument(url, { maxBytes, etag, lastModified, signal })
  const bytes = fetched.bytes ?? held?.bytes
  if (bytes === undefined) throw new TypeError('unchanged, though nothing is held')
  const copy: KeptCopy = {
    bytes,
    sha256: sha256Hex(bytes),
    fetchedAt: offer.now,
    source: 'fetch',
    url,
    etag: fetched.etag ?? (fetched.bytes === undefined ? etag : undefined),
    lastModified: fetched.lastModified ?? (fetched.bytes === undefined ? lastModified : undefined),
  }
  return { outcome: await kept.offer(copy, offer), fetched }
}

/** Offers a document that came in another way than from its publisher. */
export function offerBytes<T>(
  kept: KeptDocument<T>,
  { bytes, fetchedAt, source }: { bytes: Buffer; fetchedAt: number; source: CopySource },
  offer: OfferOptions,
): Promise<Outcome> {
  const nowhere = { url: undefined, etag: undefined, lastModified: undefined }
  return kept.offer({ bytes, sha256: sha256Hex(bytes), fetchedAt, source, ...nowhere }, offer)
}

/** Roots and status list as they are published now: what a snapshot is made of. */
export async function fetchPublished(
  { rootsUrl, statusListUrl }: { rootsUrl: string; statusListUrl: string },
  { now, timeoutMs = 30_000 }: { now: () => number; timeoutMs?: number },
): Promise<TrustSnapshot> {
  const fetchedAt = now()
  const fetchOne = async (url: string, maxBytes: number): Promise<Buffer> => {
    const { bytes } = await fetchDocument(url, { maxBytes, timeoutMs })
    if (bytes === undefined) throw new TypeError('nothing was held')
    return bytes
  }
  return {
    fetchedAt,
    roots: await fetchOne(rootsUrl, rootsDocument.maxBytes),
    statusList: await fetchOne(statusListUrl, statusListDocument.maxBytes),
  }
}
