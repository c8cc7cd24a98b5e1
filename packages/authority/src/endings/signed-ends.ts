import { decodeProtectedHeader, type JWK } from 'jose'
import { isProblem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { ChainHead, Checkpoint } from '../audit/checkpoint.ts'
import { verifyCheckpoint } from '../audit/verify-checkpoint.ts'
import { publicJwkOf } from '../signer/public-jwk.ts'
import type { Tables } from '../store/tables.ts'
import { notOfLog, readAuditLines } from './audit-lines.ts'

/** An hour has one, and a year 8,760. */
const maxSignedEnds = 200_000

/** What checkpoints of files say that rows are: by chain and number their hashes. */
export type SignedEnds = {
  readonly rows: ReadonlyMap<string, ReadonlyMap<number, string>>
  /** Checkpoints of keys that the backup does not know: made since, or of somebody else. They count for nothing. */
  readonly unknown: number
}

/**
 * The ends of chains that files have checkpoints of, with signatures of keys that the backup knows. Those that it
 * holds itself are passed over.
 *
 * @throws Problem `audit_file_invalid` where one of these keys did not sign what a checkpoint says
 */
export async function readSignedEnds(
  store: Kysely<Tables>,
  files: readonly string[],
  heads: ReadonlyMap<string, ChainHead>,
): Promise<SignedEnds> {
  const keys = await checkpointKeys(store)
  const rows = new Map<string, Map<number, string>>()
  let [unknown, count] = [0, 0]
  for await (const line of readAuditLines(files)) {
    if (!('checkpoint' in line)) continue
    const { checkpoint, place } = line
    if (!isSignedBy(checkpoint, keys)) {
      unknown++
      continue
    }
    await refuseUnsigned(checkpoint, keys, place)
    for (const { name, seq, hash } of checkpoint.heads) {
      if (seq <= (heads.get(name)?.seq ?? 0)) continue
      const ofChain = rows.get(name) ?? new Map<number, string>()
      if (!ofChain.has(seq)) count++
      rows.set(name, ofChain.set(seq, hash))
    }
    if (count > maxSignedEnds) {
      throw notOfLog(place, `checkpoints of at most ${maxSignedEnds} rows`, 'more')
    }
  }
  return { rows, unknown }
}

async function checkpointKeys(store: Kysely<Tables>): Promise<JWK[]> {
  const rows = await store
    .selectFrom('signing_keys')
    .select('spki')
    .where('purpose', '=', 'checkpoint')
    .where('ended_at', 'is', null)
    .execute()
  return rows.map(({ spki }) => publicJwkOf(Buffer.from(spki)))
}

function isSignedBy({ jws }: Checkpoint, keys: readonly JWK[]): boolean {
  try {
    const { kid } = decodeProtectedHeader(jws)
    return keys.some((key) => key.kid === kid)
  } catch {
    // What has no header is signed by nobody.
    return false
  }
}

async function refuseUnsigned(
  checkpoint: Checkpoint,
  keys: readonly JWK[],
  place: string,
): Promise<void> {
  try {
    await verifyCheckpoint(checkpoint, keys)
  } catch (error) {
    if (!isProblem(error)) throw error
    throw notOfLog(place, 'a checkpoint as its key signed it', 'another one', error)
  }
}
