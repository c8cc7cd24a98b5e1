import type { Certificate } from '@sallyport/pki'
import { type CheckRow, type Finding, holds, unchecked } from '../check-table.ts'
import type { StatusListEntry } from '../status-list.ts'
import type { AndroidKeySubject } from './android-key-subject.ts'

/** Whether the keys of the chain are still good, by Google's list. */
export const statusListChecks: readonly CheckRow<AndroidKeySubject>[] = [
  {
    name: 'notRevoked',
    code: 'android_key_revoked',
    kind: 'proof',
    // A status that is not known is as bad as the worst that is.
    run: (subject) => notListed(subject, ({ status }) => status !== 'SUSPENDED', 'not REVOKED'),
  },
  {
    name: 'notSuspended',
    code: 'android_key_suspended',
    kind: 'proof',
    run: (subject) => notListed(subject, ({ status }) => status === 'SUSPENDED', 'not SUSPENDED'),
  },
  {
    name: 'statusListAge',
    code: 'android_status_list_too_old',
    kind: 'policy',
    run: ({ chain: { at }, trust: { statusList, statusListAge } }) => {
      const ageMs = statusList === undefined ? undefined : at - statusList.fetchedAt
      const found = ageMs === undefined ? 'no list' : `a list of ${hours(ageMs)} hours ago`
      if (statusListAge === undefined) return unchecked(found)
      const { maxAgeMs, whenTooOld } = statusListAge
      const expected = `a list of at most ${hours(maxAgeMs)} hours ago`
      const isFresh = ageMs !== undefined && ageMs <= maxAgeMs
      if (!isFresh && whenTooOld === 'allow') return unchecked(`${found}, let pass`, expected)
      return holds(isFresh, expected, found)
    },
  },
]

function notListed(
  { chain: { certificates }, trust: { statusList } }: AndroidKeySubject,
  isMeant: (entry: StatusListEntry) => boolean,
  expected: string,
): Finding {
  if (statusList === undefined) return unchecked('no status list')
  const listed = certificates.flatMap((certificate, position) => {
    const entry = statusList.entries.get(certificate.serial)
    return entry !== undefined && isMeant(entry) ? [entryText(certificate, position, entry)] : []
  })
  const found = listed.length === 0 ? 'none is on the list' : listed.join('; ')
  return holds(listed.length === 0, `every certificate ${expected}`, found)
}

function entryText(
  { serial }: Certificate,
  position: number,
  { status, reason = 'no reason' }: StatusListEntry,
): string {
  return `certificate ${position}, serial ${serial}: ${status.slice(0, 40)}, ${reason.slice(0, 40)}`
}

const hours = (milliseconds: number): number => Math.round(milliseconds / 3_600_000)
