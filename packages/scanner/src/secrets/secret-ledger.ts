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
const maxSecrets = 500

/** Joins what is the same secret in several places. Keeps hashes alone, never a secret. */
export class SecretLedger {
  readonly #entries = new Map<string, Entry>()
  #left = 0

  add(found: FoundSecret, location: Location): void {
    const digest = hash('sha256', found.secret)
    const identity = `${found.kind}\0${digest}`
    const known = this.#entries.get(identity)
    if (known !== undefined) {
      known.places += 1
      const isKnown = known.locations.some(
        ({ path, offset }) => path === location.path && offset === location.offset,
      )
      if (!isKnown && known.locations.length < maxLocations) known.locations.push(location)
      return
    }
    if (this.#entries.size >= maxSecrets) {
      this.#left += 1
      return
    }
    this.#entries.set(identity, {
      finding: findingOf(found, identity),
      locations: [location],
      places: 1,
    })
  }

  report(sink: Sink): void {
    for (const { finding, locations, places } of this.#entries.values()) {
      const more = places > locations.length ? { places } : {}
      sink.report({ ...finding, locations, facts: { ...finding.facts, ...more } })
    }
    if (this.#left > 0) {
      sink.notChecked('', `more than ${maxSecrets} secrets: ${this.#left} others are not listed`)
    }
  }
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
