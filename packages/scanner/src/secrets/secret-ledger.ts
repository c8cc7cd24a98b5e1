import { hash } from 'node:crypto'
import type { Confidence, Finding, Location, Severity } from '../finding.ts'
import { redact } from '../redact.ts'
import type { Sink } from '../sink.ts'

/** A secret that was found somewhere. */
export type FoundSecret = {
  readonly kind: string
  readonly name: string
  readonly secret: string
  readonly severity: Severity
  readonly confidence: Confidence
  readonly gives: string
  readonly revoke: string
  readonly note?: string
}

type Entry = {
  readonly finding: Omit<Finding, 'locations'>
  readonly locations: Location[]
  places: number
}

/** What GitHub takes of one result. */
const maxLocations = 10
/** Different ones: a file of a thousand tokens does not hide the one key elsewhere. */
const maxOfKind = 100

/** Joins what is the same secret in several places. Keeps hashes alone, never a secret. */
export class SecretLedger {
  readonly #entries = new Map<string, Entry>()
  /** Of all secrets of some kind, and of the parts of those that are made of an id and a key. */
  readonly #digests = new Set<string>()
  readonly #kinds = new Map<string, number>()
  #left = 0

  add(found: FoundSecret, location: Location): void {
    const digest = hash('sha256', found.secret)
    const identity = `${found.kind}\0${digest}`
    const known = this.#entries.get(identity)
    if (known !== undefined) {
      const isKnown = known.locations.some(
        ({ path, offset, within }) =>
          path === location.path && offset === location.offset && within === location.within,
      )
      // Regions overlap: the same place may be seen twice.
      if (isKnown) return
      known.places += 1
      if (known.locations.length < maxLocations) known.locations.push(location)
      return
    }
    const ofKind = (this.#kinds.get(found.kind) ?? 0) + 1
    if (ofKind > maxOfKind) {
      this.#left += 1
      return
    }
    this.#kinds.set(found.kind, ofKind)
    if (!isNamed(found.kind)) {
      for (const part of [found.secret, ...found.secret.split(':')])
        this.#digests.add(hash('sha256', part))
    }
    this.#entries.set(identity, {
      finding: findingOf(found, identity),
      locations: [location],
      places: 1,
    })
  }

  report(sink: Sink): void {
    for (const [identity, { finding, locations, places }] of this.#entries) {
      const [kind = '', digest = ''] = identity.split('\0')
      // What has a kind is not guessed by its name as well.
      if (isNamed(kind) && this.#digests.has(digest)) continue
      const more = places > locations.length ? { places } : {}
      sink.report({ ...finding, locations, facts: { ...finding.facts, ...more } })
    }
    if (this.#left > 0) {
      sink.notChecked(
        '',
        `more than ${maxOfKind} secrets of one kind: others were seen in ${this.#left} places, and are not listed`,
      )
    }
  }
}

function isNamed(kind: string): boolean {
  return kind.startsWith('named-')
}

function findingOf(found: FoundSecret, identity: string): Omit<Finding, 'locations'> {
  const { kind, name, severity, confidence, gives, revoke, note } = found
  return {
    rule: 'hardcoded-secret',
    severity,
    confidence,
    title: `${name}: ${redact(found.secret)}`,
    detail: note === undefined || note === '' ? gives : `${gives} ${note}`,
    fix: revoke,
    identity,
    facts: { kind },
  }
}
