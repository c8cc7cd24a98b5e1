import type { AdminFeed } from '@sallyport/authority'
import { isProblem } from '@sallyport/problem'
import { momentWords } from '../terminal/span.ts'
import type { DoctorCheck, Finding } from './finding.ts'

const check = 'restarts of the feed'

/**
 * Gateways that said of late that the store went back. Nothing is said where the authority is not reached, or the
 * token may not ask: other checks tell of that.
 */
export const feedRestartCheck: DoctorCheck = {
  name: check,
  examine: async ({ client, now }) => {
    if (client === undefined) return []
    try {
      return restartFindings((await client.call('getFeed')).restarts, now())
    } catch (error) {
      if (isProblem(error)) return []
      throw error
    }
  },
}

const fix =
  'Where the store was restored, look at sallyport feed unconfirmed. Where it was not, that gateway is in somebody else’s hands: sallyport gateways revoke.'

/** One for each gateway, after the worst that it said. */
export function restartFindings(restarts: AdminFeed['restarts'], now: number): Finding[] {
  const byGateway = Map.groupBy(restarts, ({ gateway }) => gateway)
  return [...byGateway].map(([gateway, said]) => {
    const last = Math.max(...said.map(({ at }) => Date.parse(at)))
    const isRefused = said.some(({ refused }) => refused)
    const how = isRefused ? 'too often, and was refused' : 'and the feed began anew'
    const found = `said ${momentWords(last, now)} that the store went back, ${how}`
    return { check, what: gateway, verdict: isRefused ? 'fail' : 'warn', found, fix }
  })
}
