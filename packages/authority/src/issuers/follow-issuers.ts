import type { Authority } from '../authority.ts'
import { repeatedly } from '../work/repeatedly.ts'

/** So soon is taken up what another authority did to a CA. */
const everyMs = 1_000

/**
 * Takes up CAs that another authority made, or withdrew.
 *
 * @returns what ends it
 */
export function followIssuers(
  authority: Pick<Authority, 'store' | 'refreshIssuers' | 'log'>,
): () => void {
  const { store, log } = authority
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
  return repeatedly(everyMs, look, (error) =>
    log.error({ err: error }, 'CAs could not be read again'),
  )
}
