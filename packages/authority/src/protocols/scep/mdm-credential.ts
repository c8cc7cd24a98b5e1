import { Problem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { type Maker, refuseEndedMaker } from '../../admin/maker.ts'
import { appendAudit } from '../../audit/audit-log.ts'
import { made } from '../../audit/change.ts'
import { type Revocation, revokeCredential } from '../../enrollment/revoke-credential.ts'
import { isSecretOf, makeSecretToken, readSecretToken } from '../../enrollment/secret-token.ts'
import type { MdmCredentialRow, Tables } from '../../store/tables.ts'
import type { ChallengeJudge } from './admit-challenge.ts'

/**
 * What an MDM writes into the profile of its fleet as the challenge. It is good for one app and lane, for so
 * many devices an hour, until it is revoked.
 */
export type NewMdmCredential = {
  appId: string
  lane: string
  label: string
  maxPerHour: number
  by: Maker
  now: number
}

/**
 * Makes a credential. Its text is told once; the store has a hash of it.
 *
 * @throws Problem `admin_token_invalid` where its maker was revoked meanwhile
 */
export async function createMdmCredential(
  store: Kysely<Tables>,
  { appId, lane, label, maxPerHour, by, now }: NewMdmCredential,
): Promise<{ row: MdmCredentialRow; credential: string }> {
  await refuseEndedMaker(store, by, now)
  const { id, text, hash } = makeSecretToken('mdmCredential')
  const row: MdmCredentialRow = {
    id,
    app_id: appId,
    lane,
    hash,
    label,
    max_per_hour: maxPerHour,
    created_at: now,
    created_by: by.actor,
    made_by: by.madeBy,
    revoked_at: null,
  }
  await store.insertInto('mdm_credentials').values(row).execute()
  await appendAudit(store, {
    at: now,
    actor: by.actor,
    action: 'mdm-credential.created',
    subject: id,
    detail: { appId, ...made({ lane, label, maxPerHour }) },
  })
  return { row, credential: text }
}

/** @throws Problem `not_found` */
export async function revokeMdmCredential(
  store: Kysely<Tables>,
  revocation: Revocation,
): Promise<MdmCredentialRow> {
  const row = await findCredential(store, revocation.id)
  return revokeCredential(store, 'mdm_credentials', row, revocation)
}

function findCredential(store: Kysely<Tables>, id: string): Promise<MdmCredentialRow | undefined> {
  return store.selectFrom('mdm_credentials').selectAll().where('id', '=', id).executeTakeFirst()
}

/** A credential of an MDM. It is looked at again in the write: one that was revoked meanwhile enrols nobody. */
export const mdmCredentialJudge: ChallengeJudge = async ({ store }, { appId, scep, challenge }) => {
  const read = readSecretToken('mdmCredential', challenge)
  if (read === undefined) return undefined
  const usable = async (tx: Kysely<Tables>): Promise<MdmCredentialRow> => {
    const row = await findCredential(tx, read.id)
    const found =
      row === undefined || !isSecretOf(row.hash, read.secret)
        ? 'none of this text'
        : faults.find(({ applies }) => applies(row, { appId, lane: scep.lane }))?.name
    if (row !== undefined && found === undefined) return row
    throw new Problem('enrollment_token_invalid', {
      expected: `an MDM credential for ${appId}`,
      found: found ?? 'none',
    })
  }
  const { id, max_per_hour: maxPerHour } = await usable(store.read)
  return {
    authorizedBy: `mdm:${id}`,
    maxPerHour,
    use: async (tx) => void (await usable(tx)),
  }
}

const faults: readonly {
  name: string
  applies: (row: MdmCredentialRow, place: { appId: string; lane: string }) => boolean
}[] = [
  { name: 'one that was revoked', applies: (row) => row.revoked_at !== null },
  { name: 'one of another app', applies: (row, { appId }) => row.app_id !== appId },
  { name: 'one of another lane', applies: (row, { lane }) => row.lane !== lane },
]
