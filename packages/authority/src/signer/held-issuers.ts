import { type Issuer, issuingCaName, nameAttributes, parseCertificate } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { developmentTrustDomain, fromBase64url } from '@sallyport/wire'
import type { HeldKeys } from './held-keys.ts'
import { type IssuerScope, issuerScopeOf } from './key-names.ts'
import type { CaReference } from './signer.ts'
import type { SignerBounds } from './signer-bounds.ts'
import { type Bound, refuseBeyond, signerRefusal } from './signer-refusal.ts'

/** An issuing CA whose key is held, and what it may issue for. */
export type HeldIssuer = IssuerScope & { readonly issuer: Issuer; readonly trustDomain: string }

/** More CAs than this no signer of ours has; the oldest is read again. */
const maxKept = 1_000

/** The issuing CAs that a signer was asked to sign by. Each certificate is held against its key once. */
export class HeldIssuers {
  readonly #keys: HeldKeys
  readonly #kept = new Map<string, HeldIssuer>()

  constructor(keys: HeldKeys) {
    this.#keys = keys
  }

  /**
   * @throws Problem `signer_refused` where key and certificate are not of one CA of this trust domain;
   *   `key_missing`
   */
  async open(reference: CaReference, { trustDomain }: SignerBounds): Promise<HeldIssuer> {
    const name = `${reference.keyName} ${trustDomain} ${reference.certificate}`
    const known = this.#kept.get(name)
    if (known !== undefined) return known
    const scope = issuerScopeOf(reference.keyName)
    if (scope === undefined) throw signerRefusal('the key of an issuing CA', reference.keyName)
    const issuer = await openCa(this.#keys, reference)
    const own = scope.kind === 'development' ? developmentTrustDomain(trustDomain) : trustDomain
    const held = { ...scope, issuer, trustDomain: own }
    refuseBeyond(issuerBounds, held)
    if (this.#kept.size >= maxKept) this.#kept.delete(this.#kept.keys().next().value ?? '')
    this.#kept.set(name, held)
    return held
  }
}

/** A CA by its certificate and key, which belong together. */
export async function openCa(
  keys: HeldKeys,
  { keyName, certificate }: CaReference,
  how: 'open' | 'openOnce' = 'open',
): Promise<Issuer> {
  const parsed = parseCertificate(fromBase64url(certificate) ?? new Uint8Array())
  const key = await keys[how](keyName)
  if (key.spki.equals(parsed.spki)) return { certificate: parsed, key }
  // A root whose key was never here has the name of the one that it took the place of.
  if (how === 'openOnce') {
    throw new Problem('key_missing', { detail: `the key of this root, which ${keyName} is not` })
  }
  throw signerRefusal(`a certificate of the key ${keyName}`, 'one of another key')
}

const issuerBounds: readonly Bound<HeldIssuer>[] = [
  {
    holds: ({ issuer: { certificate } }) => certificate.isCa && certificate.pathLength === 0,
    expected: () => 'a CA that issues no CAs',
    found: ({ issuer: { certificate } }) =>
      `cA ${certificate.isCa}, path length ${certificate.pathLength ?? 'unbounded'}`,
  },
  {
    holds: (held) =>
      nameAttributes(held.issuer.certificate.subject).at(0)?.value === issuingCaName(held),
    expected: issuingCaName,
    found: ({ issuer }) => nameAttributes(issuer.certificate.subject).at(0)?.value ?? 'no name',
  },
  {
    holds: ({ issuer: { certificate }, trustDomain }) =>
      certificate.uris.length === 1 && certificate.uris[0] === `spiffe://${trustDomain}`,
    expected: ({ trustDomain }) => `the trust domain ${trustDomain}`,
    found: ({ issuer: { certificate } }) => certificate.uris.join(', '),
  },
]
