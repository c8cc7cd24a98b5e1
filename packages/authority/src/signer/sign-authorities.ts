import {
  createAuthorityRequest,
  createRoot,
  issueDeviceCa,
  issuingCaName,
  parseCertificate,
} from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { developmentTrustDomain, toBase64url } from '@sallyport/wire'
import type { RootKind } from '../store/tables.ts'
import { bytesOf } from './bytes.ts'
import { handOutCertificate } from './hand-out.ts'
import { openCa } from './held-issuers.ts'
import { issuerKeyName, type IssuerScope, rootKeyName } from './key-names.ts'
import type { SignerContext } from './local-signer.ts'
import type { Signer, SignerInput } from './signer.ts'
import type { SignerBounds } from './signer-bounds.ts'
import { type Bound, refuseBeyond, signerRefusal } from './signer-refusal.ts'

const commonNames: Record<RootKind, string> = {
  device: 'Device Root',
  service: 'Service Root',
  development: 'Development Root',
}

/** A root and its key. The three roots never cross-sign. */
export async function signRoot(
  context: SignerContext,
  { kind }: SignerInput<'root'>,
): ReturnType<Signer['root']> {
  const { keys, bounds, now } = context
  const keyName = rootKeyName(kind)
  const key = await keys.openOrCreate(keyName, 'ec-p384')
  const commonName = `Sallyport ${commonNames[kind]} ${bounds().trustDomain}`.slice(0, 64)
  const certificate = await createRoot({ key, commonName, kind, now: now() })
  return { keyName, certificate: await handOutCertificate(context, 'root', keyName, certificate) }
}

type Asked = { readonly scope: IssuerScope; readonly bounds: SignerBounds }

const scopeBounds: readonly Bound<Asked>[] = [
  {
    holds: ({ scope, bounds }) => Object.hasOwn(bounds.apps, scope.appId),
    expected: ({ bounds }) => Object.keys(bounds.apps).join(', '),
    found: ({ scope }) => scope.appId,
  },
  {
    holds: ({ scope, bounds }) =>
      scope.kind !== 'development' || bounds.apps[scope.appId]?.insecureDevelopmentDevices === true,
    expected: () => 'an app with insecureDevelopmentDevices',
    found: ({ scope }) => scope.appId,
  },
]

/** An issuing CA of an app of the configuration: names, constraints and dates are its profile's. */
export async function signIssuingCa(
  context: SignerContext,
  { root: reference, generation, ...scope }: SignerInput<'issuingCa'>,
): ReturnType<Signer['issuingCa']> {
  const { keys, bounds, now } = context
  refuseBeyond(scopeBounds, { scope, bounds: bounds() })
  const name = rootKeyName(scope.kind === 'development' ? 'development' : 'device')
  if (reference.keyName !== name) throw signerRefusal(name, reference.keyName)
  const root = await openCa(keys, reference, 'openOnce')
  const keyName = issuerKeyName(scope, generation)
  const key = await keys.openOrCreate(keyName, 'ec-p256')
  const trustDomain = trustDomainOf(scope, bounds())
  const certificate = await issueDeviceCa({ root, key, ...scope, trustDomain, now: now() })
  return {
    keyName,
    certificate: await handOutCertificate(context, 'issuing-ca', name, certificate),
  }
}

/** The same key, for a root that is elsewhere. */
export async function requestIssuingCa(
  { keys, bounds }: SignerContext,
  { generation, ...scope }: SignerInput<'issuingCaRequest'>,
): ReturnType<Signer['issuingCaRequest']> {
  refuseBeyond(scopeBounds, { scope, bounds: bounds() })
  const keyName = issuerKeyName(scope, generation)
  const key = await keys.openOrCreate(keyName, 'ec-p256')
  const name = issuingCaName({ ...scope, trustDomain: trustDomainOf(scope, bounds()) })
  return { keyName, request: toBase64url(await createAuthorityRequest(key, name)) }
}

/**
 * Whether this signer can sign by a CA. Another one may hold what this one does not: of several machines that each have
 * keys of their own, two that begin at once make a key each, of one name, and one of them is the CA.
 */
export async function holdsIssuer(
  { keys, issuers, bounds }: SignerContext,
  { issuer }: SignerInput<'holdsIssuer'>,
): ReturnType<Signer['holdsIssuer']> {
  try {
    const { spki } = await keys.open(issuer.keyName)
    if (!spki.equals(parseCertificate(bytesOf(issuer.certificate)).spki)) {
      keys.forget(issuer.keyName)
      return { held: false }
    }
    await issuers.open(issuer, bounds())
    return { held: true }
  } catch (error) {
    if (isProblem(error) && error.code === 'key_missing') return { held: false }
    throw error
  }
}

function trustDomainOf({ kind }: IssuerScope, { trustDomain }: SignerBounds): string {
  return kind === 'development' ? developmentTrustDomain(trustDomain) : trustDomain
}
