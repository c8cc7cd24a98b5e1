import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { Location } from '../finding.ts'
import { type CertificateParts, readCertificateParts } from './certificate-parts.ts'
import type { Contents, Sealed } from './contents.ts'
import type { ContainerName } from './examine-bytes.ts'
import { unlessFault } from './key-fault.ts'

/** Where something was found, and in what. */
export type Place = Location & {
  /** `PKCS#12 in base64`. */
  readonly container: string
  readonly name: ContainerName
  /** What it is in, innermost first: `base64`, `a string of code`. */
  readonly how: readonly string[]
  readonly alias?: string
  /** The keystore or file it lies in: what shares it was put together. */
  readonly store: string
}

export type FoundCertificate = {
  readonly der: Buffer
  /** SHA-256 of the DER, hex. */
  readonly sha256: string
  readonly parts: CertificateParts
  /** SHA-256 of the SPKI, hex. */
  readonly spkiSha256: string
  readonly places: Place[]
}

export type FoundKey = {
  readonly key: KeyObject
  readonly spkiSha256: string
  readonly places: Place[]
  /** What opened it. Never leaves this process. Undefined where nothing did. */
  password?: string
}

export type FoundSeal = {
  readonly seal: Sealed
  readonly place: Place
  /** SHA-256 of the container, hex: the same in every build that has it. */
  readonly id: string
  isOpen: boolean
  /** Passwords. */
  tried: number
  /** Where it was not tried to the end. */
  whyNot?: string
}

const maxObjects = 20_000
const maxSealedBytes = 64 * 1024 ** 2
const maxPlaces = 50

/** Everything that was found in one package, each thing once. */
export class KeyMaterial {
  readonly certificates = new Map<string, FoundCertificate>()
  readonly keys = new Map<string, FoundKey>()
  readonly seals: FoundSeal[] = []
  readonly #sealed = new Set<string>()
  #sealedBytes = 0
  #index: Index | undefined
  isFull = false

  /** @param container its bytes: the same keystore twice is tried once */
  add(contents: Contents, place: Place, container: Buffer): void {
    for (const { der, alias } of contents.certificates) this.#addCertificate(der, at(place, alias))
    for (const { key, alias } of contents.keys) this.addKey(key, at(place, alias))
    if (contents.sealed.length === 0) return
    const id = hash('sha256', container)
    if (this.#sealed.has(id) || !this.#hasRoom(this.#sealed.size)) return
    this.#sealedBytes += container.length
    if (this.#sealedBytes > maxSealedBytes) {
      this.isFull = true
      return
    }
    this.#sealed.add(id)
    for (const seal of contents.sealed) {
      this.seals.push({ seal, place: at(place, seal.alias), id, isOpen: false, tried: 0 })
    }
  }

  addKey(key: KeyObject, place: Place, password?: string): FoundKey | undefined {
    const spkiSha256 = spkiHash(key)
    if (spkiSha256 === undefined) return undefined
    const known = this.keys.get(spkiSha256)
    if (known !== undefined) {
      addPlace(known.places, place)
      return known
    }
    if (!this.#hasRoom(this.keys.size)) return undefined
    const found: FoundKey = { key, spkiSha256, places: [place] }
    if (password !== undefined) found.password = password
    this.keys.set(spkiSha256, found)
    return found
  }

  /** What a seal hid. */
  addOpened(contents: Contents, seal: FoundSeal, password: string): void {
    seal.isOpen = true
    for (const { der, alias } of contents.certificates) {
      this.#addCertificate(der, at(seal.place, alias))
    }
    for (const { key, alias } of contents.keys) this.addKey(key, at(seal.place, alias), password)
    for (const inner of contents.sealed) {
      this.seals.push({
        ...seal,
        seal: inner,
        place: at(seal.place, inner.alias),
        isOpen: false,
        tried: 0,
      })
    }
  }

  /** Every certificate of this key, once all has been read. */
  ofKey(spkiSha256: string): readonly FoundCertificate[] {
    return this.#indexed().byKey.get(spkiSha256) ?? []
  }

  /** What lies in the same store under the same alias, once all has been read. */
  ofStore({ store, alias }: Place): readonly FoundCertificate[] {
    return this.#indexed().byStore.get(storeKey(store, alias)) ?? []
  }

  /** Whether a certificate of another name is by this name, once all has been read. */
  hasIssued(subject: Buffer): boolean {
    return this.#indexed().issuers.has(subject.toString('hex'))
  }

  #indexed(): Index {
    this.#index ??= indexOf([...this.certificates.values()])
    return this.#index
  }

  #addCertificate(view: Buffer, place: Place): void {
    const sha256 = hash('sha256', view)
    const known = this.certificates.get(sha256)
    if (known !== undefined) {
      addPlace(known.places, place)
      return
    }
    if (!this.#hasRoom(this.certificates.size)) return
    // A copy: a view would keep the whole entry in memory.
    const der = Buffer.from(view)
    const parts = unlessFault(() => readCertificateParts(der))
    if (parts === undefined) return
    const spkiSha256 = hash('sha256', parts.spki)
    this.certificates.set(sha256, { der, sha256, parts, spkiSha256, places: [place] })
  }

  #hasRoom(count: number): boolean {
    if (count >= maxObjects) this.isFull = true
    return count < maxObjects
  }
}

type Index = {
  readonly byKey: ReadonlyMap<string, readonly FoundCertificate[]>
  readonly byStore: ReadonlyMap<string, readonly FoundCertificate[]>
  readonly issuers: ReadonlySet<string>
}

function indexOf(certificates: readonly FoundCertificate[]): Index {
  const byStore = new Map<string, FoundCertificate[]>()
  const issuers = new Set<string>()
  for (const certificate of certificates) {
    const { subject, issuer } = certificate.parts
    if (!issuer.equals(subject)) issuers.add(issuer.toString('hex'))
    for (const { store, alias } of certificate.places) {
      const key = storeKey(store, alias)
      const others = byStore.get(key)
      if (others === undefined) byStore.set(key, [certificate])
      else others.push(certificate)
    }
  }
  return { byKey: Map.groupBy(certificates, ({ spkiSha256 }) => spkiSha256), byStore, issuers }
}

const storeKey = (store: string, alias: string | undefined): string => `${store}\0${alias ?? ''}`

/** Undefined for a kind of key that OpenSSL reads but does not write. */
function spkiHash(key: KeyObject): string | undefined {
  try {
    return hash('sha256', createPublicKey(key).export({ type: 'spki', format: 'der' }))
  } catch {
    return undefined
  }
}

function at(place: Place, alias: string | undefined): Place {
  return alias === undefined ? place : { ...place, alias }
}

/** Once for each entry: the same bytes are met as bytes, as text and in overlapping pieces. */
function addPlace(places: Place[], place: Place): void {
  const isKnown = places.some(
    ({ path, container, offset }) =>
      path === place.path && (container === place.container || offset === place.offset),
  )
  if (!isKnown && places.length < maxPlaces) places.push(place)
}
