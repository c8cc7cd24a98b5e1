import { existsSync } from 'node:fs'
import type { AuthorityConfig, Comparison } from '@sallyport/authority'
import { isProblem, reasonOf } from '@sallyport/problem'
import type { ConfigFile } from '@sallyport/config'
import type { DoctorCheck, Finding } from './finding.ts'

const check = 'signing journal'
const lookBackMs = 24 * 3_600_000

/**
 * Whether what this machine's signer signed in a day is in the registry. Nothing is said where there is no signer of
 * its own, or where its journal is on another machine.
 */
export const signingJournalCheck: DoctorCheck = {
  name: check,
  examine: async ({ file, now }) => {
    if (file.value['authority'] === undefined) return []
    const config = file as ConfigFile<Record<string, unknown> & AuthorityConfig>
    const { store, authority: own } = config.value
    const authority = await import('@sallyport/authority')
    const what = authority.journalDirectoryOf(config.directory, own)
    if (own.insecureSingleProcess || !existsSync(what)) return []
    try {
      const compared = await authority.compareSigned(authority.storeLocation(store, config), {
        directories: [what],
        since: now() - lookBackMs,
        keepMs: authority.journalKeepMsOf(own.signer),
        now: now(),
        bothWays: false,
      })
      return [{ check, what, ...findingOf(compared) }]
    } catch (error) {
      if (!isProblem(error)) throw error
      const { fix } = reasonOf(error.code)
      return [{ check, verdict: 'fail', what, found: error.found ?? error.message, fix }]
    }
  },
}

function findingOf({ journals, unrecorded }: Comparison): Omit<Finding, 'check' | 'what'> {
  const faults = journals.flatMap((journal) => journal.faults).filter(({ what }) => what !== 'torn')
  const records = journals.reduce((sum, journal) => sum + journal.records, 0)
  if (unrecorded.length > 0) {
    return {
      verdict: 'fail',
      found: `${unrecorded.length} of ${records} that were signed since yesterday are not in the registry`,
      fix: 'See which with `sallyport ca compare`, and have gateways refuse them with `--revoke`. After a restored backup they are what was signed since. Else a few are those that lost a race; many, or any in a quiet hour, are an authority that was taken over.',
    }
  }
  if (faults.length > 0) {
    return {
      verdict: 'fail',
      found: 'records were changed, added or removed',
      fix: 'Only the user of the signer can: look who has been that. `sallyport ca compare` says where.',
    }
  }
  return { verdict: 'ok', found: `${records} records since yesterday, all in the registry` }
}
