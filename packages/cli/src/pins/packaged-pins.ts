import path from 'node:path'
import type { CheckFinding, PackagedPins, PinnedHost, SubdomainDepth } from '@sallyport/pins'
import { covers } from '@sallyport/pins'
import type { PinSet, PinSource } from '@sallyport/scanner'
import { unreadProblem } from '../scan/unread-package.ts'

/** What a set with subdomains means to whoever enforces it. */
const depths: Readonly<Record<PinSource, SubdomainDepth>> = {
  'android-nsc': 'any',
  trustkit: 'any',
  'ios-ats': 'one',
  okhttp: 'any',
}

/**
 * The pins that packages enforce, as far as a scan finds them: each file is read whole, offline.
 *
 * @throws Problem `package_unreadable`; Error of the file system
 */
export async function packagedPins(files: readonly string[]): Promise<PackagedPins[]> {
  if (files.length === 0) return []
  const { defaultLimits, scan } = await import('@sallyport/scanner')
  const found: PackagedPins[] = []
  const called = namesOf(files)
  for (const file of files) {
    const settings = { submittedAt: new Date(), releaseWindowDays: 0, limits: defaultLimits }
    const result = await scan(file, settings)
    const unread = unreadProblem(file, result)
    // Pins that could not be read are not none.
    if (unread !== undefined) throw unread
    found.push(
      ...result.pins
        .filter(({ isEnforced }) => isEnforced)
        .map((set) => packaged(called(file), set)),
    )
  }
  return found
}

/** By the last part of their paths; where two are called the same (`a/app.apk`, `b/app.apk`), by the whole. */
function namesOf(files: readonly string[]): (file: string) => string {
  const names = new Set(files.map((file) => path.basename(file)))
  return names.size === new Set(files).size ? (file) => path.basename(file) : (file) => file
}

function packaged(name: string, set: PinSet): PackagedPins {
  const { source, host, includesSubdomains, role, pins, expiresAt, location } = set
  const ends = expiresAt === undefined ? Number.NaN : Date.parse(expiresAt)
  return {
    package: name,
    source,
    path: location.path,
    host,
    subdomains: includesSubdomains ? depths[source] : 'none',
    sha256: pins,
    ...(role === undefined ? {} : { place: role }),
    ...(Number.isNaN(ends) ? {} : { expires: ends }),
  }
}

/** Hosts of the file that a package has no pins for, as far as a scan finds them. */
export function unpinnedIn(
  files: readonly string[],
  hosts: readonly PinnedHost[],
  pins: readonly PackagedPins[],
): CheckFinding[] {
  return files.map(namesOf(files)).flatMap((name) => {
    const own = pins.filter((each) => each.package === name)
    return hosts
      .filter(({ name: host }) => {
        return !own.some((each) => covers({ name: each.host, subdomains: each.subdomains }, host))
      })
      .map(
        ({ name: host }): CheckFinding => ({
          host,
          outcome: 'note',
          about: { kind: 'package', name },
          what: 'no pins for it were found in the package',
          fix: 'Build with what `sallyport pins generate` prints; pins in native code are not found.',
        }),
      )
  })
}
