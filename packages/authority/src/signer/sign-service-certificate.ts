import {
  formatGatewayUri,
  issueGatewayCertificate,
  issueServerCertificate,
  parseGatewayUri,
} from '@sallyport/pki'
import { bytesOf } from './bytes.ts'
import { handOutCertificate } from './hand-out.ts'
import { openCa } from './held-issuers.ts'
import { rootKeyName } from './key-names.ts'
import type { SignerContext } from './local-signer.ts'
import type { CaReference, Signer, SignerInput } from './signer.ts'
import { isServerName } from './server-names.ts'
import { signerRefusal } from './signer-refusal.ts'

/** A server's certificate, for names that the configuration lists. */
export async function signServerCertificate(
  context: SignerContext,
  { root, spki, names, days, published }: SignerInput<'serverCertificate'>,
): ReturnType<Signer['serverCertificate']> {
  const { keys, bounds, now } = context
  const { serverNames, statusUrl } = bounds()
  const foreign = names.find((name) => !serverNames.some((allowed) => isServerName(name, allowed)))
  if (foreign !== undefined) throw signerRefusal(serverNames.join(', ') || 'no server', foreign)
  const addresses = Object.values(published ?? {}).flat()
  const elsewhere = addresses.find((address) => !address.startsWith(`${statusUrl}/`))
  if (elsewhere !== undefined) throw signerRefusal(`addresses under ${statusUrl}`, elsewhere)
  const issuer = await openServiceRoot(keys, root)
  const facts = { issuer, spki: bytesOf(spki), names, now: now(), days, published }
  const issued = await issueServerCertificate(facts)
  return { certificate: await handOutCertificate(context, 'server', root.keyName, issued) }
}

/** What a gateway dials its authority with. */
export async function signGatewayCertificate(
  context: SignerContext,
  { root, spki, name, days }: SignerInput<'gatewayCertificate'>,
): ReturnType<Signer['gatewayCertificate']> {
  const { keys, bounds, now } = context
  const { trustDomain } = bounds()
  if (parseGatewayUri(formatGatewayUri({ trustDomain, name })) === undefined) {
    throw signerRefusal('the name of a gateway', name)
  }
  const issuer = await openServiceRoot(keys, root)
  const facts = { issuer, spki: bytesOf(spki), trustDomain, name, now: now(), days }
  const issued = await issueGatewayCertificate(facts)
  return { certificate: await handOutCertificate(context, 'gateway', root.keyName, issued) }
}

export function openServiceRoot(keys: SignerContext['keys'], root: CaReference) {
  const name = rootKeyName('service')
  if (root.keyName !== name) throw signerRefusal(name, root.keyName)
  return openCa(keys, root, 'openOnce')
}
