import type { Authority } from '../authority.ts'
import { repeatedly } from '../work/repeatedly.ts'

/** So soon is taken up what another authority did to a CA. */
const everyMs = 1_000

/** And so soon a key that was brought here from the machine that made it. */
const missingEveryMs = 5_000

/**
 * Takes up CAs that another authority made, or withdrew, and keys of them that are here since.
 *
 * @returns what ends it
 */
export function followIssuers(
  authority: Pick<Authority, 'store' | 'signer' | 'issuers' | 'refreshIssuers' | 'log'>,
): () => void {
  const { store, signer, log } = authority
  let known: string | undefined
  const look = async () => {
    const rows = await store.read
      .selectFrom('issuers')
      .select(['id', 'status'])
      .orderBy('id')
      .execute()
    const now = rows.map(({ id, status }) => `${id} ${status}`).join('\n')
    if (known !== undefined && known !== now) await authority.refreshIssuers()
    known = now
  }
  const lookForKeys = async () => {
    for (const { reference, appId, kind } of authority.issuers.missing) {
      if (!(await signer.holdsIssuer({ issuer: reference })).held) continue
      log.info({ appId, kind, key: reference.keyName }, 'the key of a CA was brought here')
      return authority.refreshIssuers()
    }
  }
  const onFailed = (error: unknown) => log.error({ err: error }, 'CAs could not be read again')
  const ends = [
    repeatedly(everyMs, look, onFailed),
    repeatedly(missingEveryMs, lookForKeys, onFailed),
  ]
  return () => {
    for (const end of ends) end()
  }
}
