import { isProblem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { knownToken, usableToken, useToken } from '../enrollment/enrollment-token.ts'
import { usedChallenge } from '../enrollment/used-challenge.ts'
import type { Tables } from '../store/tables.ts'
import { orderName, type ProtocolOrder } from './protocol-order.ts'

/** What an enrolment token lets in: one order, named for it. */
export type TokenCredential = Pick<ProtocolOrder, 'reference' | 'authorizedBy' | 'use'>

/**
 * What a one-time enrolment token admits. One that was used is good for the order that used it, asked
 * again with the same key, and for nothing else.
 *
 * @throws Problem `enrollment_token_invalid`
 */
export async function tokenCredential(
  store: Kysely<Tables>,
  text: string,
  order: Pick<ProtocolOrder, 'protocol' | 'appId' | 'caller'> & { spkiSha256: string; now: number },
): Promise<TokenCredential> {
  const { protocol, appId, spkiSha256, now, caller } = order
  try {
    const { id } = await usableToken(store, text, appId, now)
    return credentialOf(id, caller)
  } catch (error) {
    // Looked at after the token, which the same order may have used while this one came.
    const known = isProblem(error) ? await knownToken(store, text) : undefined
    if (known?.app_id !== appId || known.used_at === null) throw error
    const name = { text: orderName({ protocol, appId, reference: known.id }) }
    if (await usedByKey(store, name, spkiSha256)) return credentialOf(known.id, caller)
    throw error
  }
}

function credentialOf(id: string, { address }: ProtocolOrder['caller']): TokenCredential {
  return {
    reference: id,
    authorizedBy: `token:${id}`,
    use: (tx, { usedFor, now }) => useToken(tx, id, { usedFor, now, address }),
  }
}

/** Whether this very key used it: another one is told no more than that the token is not valid. */
async function usedByKey(
  store: Kysely<Tables>,
  name: { text: string },
  spkiSha256: string,
): Promise<boolean> {
  try {
    return (await usedChallenge(store, name, spkiSha256)) !== undefined
  } catch (error) {
    if (isProblem(error) && error.code === 'challenge_used') return false
    throw error
  }
}
