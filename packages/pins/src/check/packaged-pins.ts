import { covers } from '../coverage.ts'
import type { PinnedHost } from '../pins-file.ts'
import type { SubdomainDepth } from '../pins-schema.ts'
import type { CheckFinding } from './finding.ts'

/** Pins that were found in a compiled package: what its installs will hold servers to. */
export type PackagedPins = {
  /** The package: `app.apk`. */
  readonly package: string
  /** Who enforces them. */
  readonly source: 'android-nsc' | 'ios-ats' | 'trustkit' | 'okhttp'
  /** Where in the package. */
  readonly path: string
  /** Lower case. */
  readonly host: string
  readonly subdomains: SubdomainDepth
  /** Which certificate must match; undefined: any of the chain. */
  readonly place?: 'ca' | 'leaf'
  /** base64, as they stand there. */
  readonly sha256: readonly string[]
  /** Milliseconds, where the set ends by itself. */
  readonly expires?: number
}

/** What one enforcer of one package asks of a host. */
export type PackagedSet = {
  /** `app.apk, android-nsc (res/xml/network_security_config.xml)`. */
  readonly name: string
  readonly source: PackagedPins['source']
  readonly place?: 'ca' | 'leaf'
  readonly sha256: readonly string[]
}

/**
 * The sets that count for a host now. OkHttp adds up all patterns that match; of the others the most specific name
 * counts, also where its pins have ended: then the host is unpinned.
 */
export function packagedFor(
  packaged: readonly PackagedPins[],
  name: string,
  now: number,
): readonly PackagedSet[] {
  const covering = packaged.filter(({ host, subdomains }) =>
    covers({ name: host, subdomains }, name),
  )
  const enforcers = Map.groupBy(covering, (each) => `${each.package}\0${each.source}`)
  return [...enforcers.values()].flatMap((sets) => {
    const [first] = sets
    if (first?.source === 'okhttp') {
      return [
        { name: nameOf(first), source: 'okhttp', sha256: sets.flatMap(({ sha256 }) => sha256) },
      ]
    }
    const longest = Math.max(...sets.map(({ host }) => host.length))
    return sets
      .filter(({ host, expires }) => host.length === longest && (expires ?? now + 1) > now)
      .map((set) => ({
        name: nameOf(set),
        source: set.source,
        sha256: set.sha256,
        ...(set.place === undefined ? {} : { place: set.place }),
      }))
  })
}

function nameOf({ package: file, source, path }: PackagedPins): string {
  return `${file}, ${source} (${path})`
}

/** How what packages carry differs from what the file says of a host. */
export function packagedDrift(
  host: PinnedHost,
  packaged: readonly PackagedPins[],
  now: number,
): CheckFinding[] {
  const sets = packagedFor(packaged, host.name, now)
  const wanted = new Set(host.pins.map(({ sha256 }) => sha256))
  const placeOf = ({ place }: PinnedHost['pins'][number]) => (place === 'leaf' ? 'leaf' : 'ca')
  return sets.flatMap(({ name, sha256, place }) => {
    const missing = host.pins
      .filter((pin) => place === undefined || placeOf(pin) === place)
      .map((pin) => pin.sha256)
      .filter((pin) => !sha256.includes(pin))
    const extra = sha256.filter((pin) => !wanted.has(pin))
    return [
      ...differing(host, name, 'lacks pins of the file', missing),
      ...differing(host, name, 'has pins that the file has not', extra),
    ]
  })
}

function differing(
  { name: host }: PinnedHost,
  name: string,
  how: string,
  pins: readonly string[],
): CheckFinding[] {
  if (pins.length === 0) return []
  return [
    {
      host,
      outcome: 'note',
      about: { kind: 'package', name },
      what: `the package ${how}: ${pins.join(', ')}`,
      fix: 'Generate its configuration anew, and build.',
    },
  ]
}
