import { type Evidence, enrollmentProofBase, type Purpose } from '@sallyport/wire'
import type { Challenge } from './authority-answer.ts'
import type { ClientContext } from './client-context.ts'
import { inKeyStore } from './client-state.ts'
import { type EvidenceContext, EvidenceError, evidenceFailed } from './evidence.ts'
import type { KeyHandle } from './key-store.ts'

/** The members of a request that evidence and signals become. */
type EvidenceMembers = { evidence?: Evidence; signals?: Evidence[] }

/** Collects for this key and challenge. Throws `evidence_unavailable`, `device_key_lost`. */
export async function evidenceFor(
  context: ClientContext,
  about: { purpose: Purpose; challenge: Challenge; key: KeyHandle; renewedKeyId?: string },
): Promise<EvidenceMembers> {
  const { key, challenge, purpose, renewedKeyId } = about
  const spki = await inKeyStore(() => key.publicKey())
  const clientData = enrollmentProofBase(challenge.bytes, spki)
  const asked = { purpose, challenge: challenge.bytes, key, renewedKeyId, clientData }
  const evidence = await collect(() => context.collectEvidence(asked))
  const signals = await signalsFor(context, asked)
  return {
    ...(evidence === undefined ? {} : { evidence }),
    ...(signals.length === 0 ? {} : { signals }),
  }
}

async function signalsFor(context: ClientContext, asked: EvidenceContext): Promise<Evidence[]> {
  try {
    return [...(await context.collectSignals(asked))]
  } catch (error) {
    if (error instanceof EvidenceError) throw evidenceFailed(error)
    // Whether a request without them is good enough, the policy of the app says, and not this phone.
    context.events.failed('signals could not be collected', error)
    return []
  }
}

async function collect<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw evidenceFailed(error)
  }
}
