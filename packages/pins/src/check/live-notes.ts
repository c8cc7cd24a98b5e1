import type { ChainPath } from '../chain/chain-paths.ts'
import type { Sent } from '../chain/survey.ts'
import { dayMs, dayText } from '../day.ts'
import type { PinnedHost, PinsFile } from '../pins-file.ts'
import { survivals } from '../survival.ts'
import type { CheckFinding } from './finding.ts'
import { digestsOf, matchesOf, pinDigest } from './match.ts'

/** What a server sends, and the chains that clients build from it. */
export type Live = { readonly sent: Sent; readonly paths: readonly ChainPath[] }

/** What the chains of a host say of its pins, beyond whether they hold. */
export function liveNotes(
  host: PinnedHost,
  file: PinsFile,
  live: readonly Live[],
  now: number,
): CheckFinding[] {
  if (live.length === 0) return []
  const note = (what: string, fix?: string): CheckFinding => ({
    host: host.name,
    outcome: 'note',
    about: { kind: 'live' },
    what,
    ...(fix === undefined ? {} : { fix }),
  })
  const pinned = digestsOf(host)
  const matches = live.flatMap(({ paths }) => paths.flatMap((path) => matchesOf(pinned, path)))
  const placesOf = (digest: string | undefined) =>
    new Set(matches.filter((match) => match.digest === digest).map(({ place }) => place))
  const seen = host.pins.map((pin) => ({ pin, places: placesOf(pinDigest(pin, host.compare)) }))
  return [
    ...usedBackups(host, seen, note),
    ...seen
      .filter(({ pin, places }) => pin.role !== 'backup' && places.size === 0)
      .map(({ pin }) =>
        note(
          `the ${pin.role} pin ${pin.sha256} is in no chain now`,
          'Remove it, unless it was before or comes back.',
        ),
      ),
    ...seen
      .filter(({ pin, places }) => places.size > 0 && !places.has(pin.place))
      .map(({ pin, places }) =>
        note(
          `the pin ${pin.sha256} is of ${[...places].join(' and ')}, and the file says ${pin.role}`,
          'Mend its role: App Transport Security looks for it in that place alone.',
        ),
      ),
    ...live
      .filter(({ paths }) => paths.some(({ isAnchored }) => !isAnchored))
      .map(({ sent }) =>
        note(
          `the chain ends at no root that is known here (${sent.to.join(', ')})`,
          'Name the certificates of a private CA under "authorities", or with --ca.',
        ),
      ),
    ...endingLeaves(host, file, live, now),
  ]
}

type Note = (what: string, fix?: string) => CheckFinding

function usedBackups(
  host: PinnedHost,
  seen: readonly { pin: PinnedHost['pins'][number]; places: ReadonlySet<string> }[],
  note: Note,
): CheckFinding[] {
  const backups = seen.filter(({ pin }) => pin.role === 'backup')
  const used = backups.filter(({ places }) => places.size > 0)
  if (used.length === 0) return []
  const told = note(
    `the backup ${used.map(({ pin }) => pin.sha256).join(', ')} is in use: it is a live pin, and no backup`,
    'Give it the role that it has, and make another: `sallyport pins backup`.',
  )
  const isNoneLeft = used.length === backups.length && !host.allowWithoutBackup
  return [isNoneLeft ? { ...told, outcome: 'broken' } : told]
}

/** A leaf that ends soon, where nothing but its own key is pinned. */
function endingLeaves(
  host: PinnedHost,
  { release }: PinsFile,
  live: readonly Live[],
  now: number,
): CheckFinding[] {
  const lives = survivals(host).find(({ id }) => id === 'leaf-key-changed')
  if (lives?.by.some(({ role }) => role !== 'backup') === true) return []
  const leaves = live.flatMap(({ sent }) => sent.certificates.slice(0, 1))
  const ending = leaves.filter(({ notAfter }) => notAfter <= now + release.warnDays * dayMs)
  return ending.map(({ notAfter }) => ({
    host: host.name,
    outcome: 'note',
    about: { kind: 'live' },
    what: `the certificate ends on ${dayText(notAfter)}, and of its chain only its own key is pinned`,
    fix: 'Renew it under the same key, or under the backup, and try the new one first: --next.',
  }))
}
