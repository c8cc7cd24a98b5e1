import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import type { Tables, UsedChallengeRow } from '../store/tables.ts'
import type { Challenge } from './challenge.ts'

/** The same message is answered in the same way for this long. */
const keepMs = 30 * 24 * 3_600_000

/**
 * What a challenge was used for, by this very key; undefined where it was not used.
 *
 * @throws Problem `challenge_used` where another key used it
 */
export async function usedChallenge(
  store: Kysely<Tables>,
  challenge: Pick<Challenge, 'text'>,
  spkiSha256: string,
): Promise<UsedChallengeRow | undefined> {
  const row = await store
    .selectFrom('challenges_used')
    .selectAll()
    .where('challenge', '=', challenge.text)
    .executeTakeFirst()
  if (row !== undefined && row.spki_sha256 !== spkiSha256) {
    throw new Problem('challenge_used', {
      expected: `the key ${row.spki_sha256}, which used the challenge first`,
      found: `the key ${spkiSha256}`,
    })
  }
  return row
}

/** Marks a challenge as used, in the transaction of what it is used for. */
export async function useChallenge(
  store: Kysely<Tables>,
  challenge: Pick<Challenge, 'text'>,
  use: { spkiSha256: string; now: number; thumbprint?: string; approvalId?: string },
): Promise<void> {
  await store
    .insertInto('challenges_used')
    .values({
      challenge: challenge.text,
      spki_sha256: use.spkiSha256,
      used_at: use.now,
      keep_until: use.now + keepMs,
      thumbprint: use.thumbprint ?? null,
      approval_id: use.approvalId ?? null,
    })
    .execute()
}
