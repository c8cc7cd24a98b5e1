import { isProblem } from '@sallyport/problem'
import type { IssuerKind } from '@sallyport/wire'
import type { Certificate } from './certificate.ts'
import { DerError } from './der/der-error.ts'
import { isIssuedBy } from './issued-by.ts'
import { readUriConstraints, type UriConstraints } from './name-constraints.ts'
import { oids } from './oids.ts'

/** A CA whose certificates are believed. It is an anchor: nothing above it is looked at. */
export type TrustIssuer = {
  readonly certificate: Certificate
  /** Of this deployment: its word on device ids, assurance, facts and predecessors counts. */
  readonly own: boolean
  /** `unattested`: its word counts for who a device is, and for nothing that would have to be proven. */
  readonly kind: IssuerKind
  /** The only trust domain that its certificates may name. */
  readonly trustDomain: string
  /** The only app that its certificates may name. */
  readonly appId?: string
  /** Whether of its certificates those alone count that are known to have been issued. Not checked here. */
  readonly isIssuedListed?: boolean
}

/** What a gateway believes on one host. Never changed: another version is another object. */
export type TrustBundle = {
  readonly version: number
  readonly issuers: readonly TrustIssuer[]
  readonly allowDevelopment: boolean
}

/** An issuer, and what need not be worked out again for each certificate. */
export type KnownIssuer = TrustIssuer & {
  /** Whether its key can verify signatures. */
  readonly isUsable: boolean
  /** Undefined where there are none, `unreadable` where they cannot be obeyed. */
  readonly uriConstraints: UriConstraints | undefined | 'unreadable'
}

type Index = ReadonlyMap<string, readonly KnownIssuer[]>

const indexes = new WeakMap<TrustBundle, Index>()

/**
 * The issuer of a certificate in a bundle, by name and, where both have one, key identifier. Of
 * several (a CA can have two keys under one name) the one whose signature verifies, or the first.
 */
export function findIssuer(leaf: Certificate, bundle: TrustBundle): KnownIssuer | undefined {
  const named = indexOf(bundle).get(leaf.issuer.toString('latin1')) ?? []
  const fitting = named.filter(
    ({ certificate: { subjectKeyId } }) =>
      leaf.authorityKeyId === undefined ||
      subjectKeyId === undefined ||
      leaf.authorityKeyId === subjectKeyId,
  )
  if (fitting.length < 2) return fitting[0]
  return fitting.find((issuer) => isSignedByIssuer(leaf, issuer)) ?? fitting[0]
}

/** Whether the signature on a certificate is of the key of a known issuer. */
export function isSignedByIssuer(leaf: Certificate, issuer: KnownIssuer): boolean {
  return issuer.isUsable && isIssuedBy(leaf, issuer.certificate)
}

function indexOf(bundle: TrustBundle): Index {
  const known = indexes.get(bundle)
  if (known !== undefined) return known
  const index = Map.groupBy(bundle.issuers.map(prepare), ({ certificate }) =>
    certificate.subject.toString('latin1'),
  )
  indexes.set(bundle, index)
  return index
}

function prepare(issuer: TrustIssuer): KnownIssuer {
  return { ...issuer, isUsable: hasUsableKey(issuer), uriConstraints: uriConstraintsOf(issuer) }
}

/** A CA in a file can be anything: one that cannot be used costs its own certificates only. */
function hasUsableKey({ certificate }: TrustIssuer): boolean {
  try {
    return certificate.keyKind !== undefined && certificate.publicKey.type === 'public'
  } catch (error) {
    if (isProblem(error)) return false
    throw error
  }
}

function uriConstraintsOf({ certificate }: TrustIssuer): KnownIssuer['uriConstraints'] {
  const extension = certificate.extensions.get(oids.nameConstraints)
  if (extension === undefined) return undefined
  try {
    return readUriConstraints(extension.value)
  } catch (error) {
    if (error instanceof DerError) return 'unreadable'
    throw error
  }
}
