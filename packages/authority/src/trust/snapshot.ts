import type { KeyObject } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { CompactSign, compactVerify } from 'jose'
import Type from 'typebox'
import { Check } from 'typebox/value'
import { isFromFuture } from './trust-time.ts'
import { rootsDocument, statusListDocument } from './trust-documents.ts'

/** Roots and status list as they were published, for hosts that cannot fetch them. */
export type TrustSnapshot = {
  /** When both were fetched; milliseconds. */
  readonly fetchedAt: number
  /** JSON, as published. */
  readonly roots: Buffer
  readonly statusList: Buffer
}

/** A status list of 16 MiB, as text in JSON in base64. */
export const maxSnapshotBytes = 32 * 1024 * 1024
const tokenType = 'sallyport-attestation-snapshot'
const Payload = Type.Object(
  {
    version: Type.Literal(1),
    fetchedAt: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    roots: Type.String({ maxLength: rootsDocument.maxBytes }),
    statusList: Type.String({ maxLength: statusListDocument.maxBytes }),
  },
  { additionalProperties: false },
)

/**
 * Signs roots and status list: a compact JWS (RFC 7515) with EdDSA or ES256.
 *
 * @param snapshot.privateKey Ed25519 or P-256
 * @throws Problem `published_roots_malformed`, `status_list_malformed`: what cannot be read is not
 *   signed; `trust_snapshot_refused` where the key is of another kind
 */
export async function createSnapshot({
  fetchedAt,
  roots,
  statusList,
  privateKey,
}: {
  /** Milliseconds. */
  fetchedAt: number
  roots: Uint8Array
  statusList: Uint8Array
  privateKey: KeyObject
}): Promise<string> {
  rootsDocument.parse({ bytes: Buffer.from(roots), fetchedAt })
  const listed = statusListDocument.parse({ bytes: Buffer.from(statusList), fetchedAt })
  const doubt = statusListDocument.doubt(listed, undefined)
  if (doubt !== undefined) throw refused('a status list with entries', doubt)
  const payload: Type.Static<typeof Payload> = {
    version: 1,
    fetchedAt,
    roots: Buffer.from(roots).toString('utf8'),
    statusList: Buffer.from(statusList).toString('utf8'),
  }
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: snapshotAlgorithm(privateKey), typ: tokenType })
    .sign(privateKey)
}

/**
 * Verifies a snapshot and reads it. Not checked: whether it is newer than what is in use, how old it
 * is, and what its documents say.
 *
 * @param bytes compact JWS, of at most `maxSnapshotBytes`
 * @throws Problem `trust_snapshot_refused`
 */
export async function readSnapshot(
  bytes: Uint8Array,
  { publicKey, now }: { publicKey: KeyObject; now: number },
): Promise<TrustSnapshot> {
  if (bytes.length > maxSnapshotBytes) {
    throw refused(`at most ${maxSnapshotBytes} bytes`, `${bytes.length}`)
  }
  const algorithm = snapshotAlgorithm(publicKey)
  const payload = parsePayload(await verify(bytes, publicKey, algorithm))
  const { fetchedAt } = payload
  if (isFromFuture(fetchedAt, now)) {
    throw refused(`fetched before ${iso(now)}`, `fetched at ${iso(fetchedAt)}`)
  }
  return {
    fetchedAt,
    roots: Buffer.from(payload.roots),
    statusList: Buffer.from(payload.statusList),
  }
}

async function verify(bytes: Uint8Array, key: KeyObject, algorithm: string): Promise<Uint8Array> {
  const compact = Buffer.from(bytes).toString('latin1').trim()
  try {
    const { payload, protectedHeader } = await compactVerify(compact, key, {
      algorithms: [algorithm],
    })
    if (protectedHeader.typ === tokenType) return payload
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw refused(`a signature (${algorithm}) of the configured key`, why, cause)
  }
  throw refused(`a token of type ${tokenType}`, 'another')
}

function parsePayload(bytes: Uint8Array): Type.Static<typeof Payload> {
  let payload: unknown
  try {
    payload = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw refused('JSON', 'none', cause)
  }
  if (!Check(Payload, payload)) throw refused('a snapshot of version 1', 'another')
  return payload
}

/** What a key signs snapshots with. @throws Problem `trust_snapshot_refused` where it is of another kind */
export function snapshotAlgorithm(key: KeyObject): 'EdDSA' | 'ES256' {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return 'EdDSA'
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256'
  throw refused('an Ed25519 or P-256 key', type ?? 'another')
}

function iso(milliseconds: number): string {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString()
}

function refused(expected: string, found: string, cause?: unknown): Problem {
  const detail = `Expected ${expected}, found ${found}`
  return new Problem('trust_snapshot_refused', { detail, expected, found, cause })
}
