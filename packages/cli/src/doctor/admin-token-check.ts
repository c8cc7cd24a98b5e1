import type { AdminTokenInfo } from '@sallyport/authority'
import { isProblem } from '@sallyport/problem'
import { readAll } from '../admin/read-pages.ts'
import { momentWords } from '../terminal/span.ts'
import type { DoctorCheck, Finding } from './finding.ts'

const warnWithinMs = 7 * 24 * 3_600_000

/**
 * The last admin token of role admin must not end unseen: then another one is made on the authority's host alone. Nothing is said where
 * the token of this very command may not ask, or the authority is not reached: other checks tell of that.
 */
export const adminTokenCheck: DoctorCheck = {
  name: 'admin tokens',
  examine: async ({ client, now }) => {
    if (client === undefined) return []
    try {
      const adminTokens = await readAll(async (limit, cursor: string | undefined) => {
        const page = await client.call('listAdminTokens', { query: { cursor, limit } })
        return { rows: page.adminTokens, next: page.nextCursor }
      })
      return [tokenFinding(adminTokens, now())]
    } catch (error) {
      if (isProblem(error)) return []
      throw error
    }
  },
}

/** Of the tokens that can make others, the one that ends last. */
export function tokenFinding(tokens: readonly AdminTokenInfo[], now: number): Finding {
  const ends = tokens
    .filter(({ kind, role, apps, verbs, revokedAt }) => {
      const isWhole = kind !== 'session' && apps === null && verbs === null
      return isWhole && role === 'admin' && revokedAt === null
    })
    .map(({ expiresAt }) => Date.parse(expiresAt))
  const last = Math.max(0, ...ends)
  const finding = { check: 'admin tokens', what: 'of role admin' }
  const found = `the last one ends ${momentWords(last, now)}`
  if (last - now > warnWithinMs) return { ...finding, verdict: 'ok', found }
  const fix =
    'Make another one before it ends: sallyport tokens create --admin --role admin. Afterwards, on the host of the authority: the same with --offline'
  return { ...finding, verdict: 'warn', found, fix }
}
