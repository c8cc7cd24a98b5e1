import {
  buildCertificateList,
  DerError,
  type Issuer,
  issueResponderCertificate,
  readSubjectPublicKey,
} from '@sallyport/pki'
import { bytesOf } from './bytes.ts'
import { handOutCertificate, handOutList } from './hand-out.ts'
import { openCa } from './held-issuers.ts'
import { rootKeyName } from './key-names.ts'
import type { SignerContext } from './local-signer.ts'
import type { Signer, SignerInput } from './signer.ts'
import { openServiceRoot } from './sign-service-certificate.ts'
import { type Bound, refuseBeyond, signerRefusal } from './signer-refusal.ts'

const dayMs = 24 * 3_600_000
/** A list that counts for longer would have a thief's revocation of nobody, or of everybody, count so long. */
const maxListDays = 31
const responderDays = 7
/** For clocks of several machines. */
const maxSkewMs = 10 * 60_000

type AskedList = SignerInput<'revocationList'> & { readonly now: number }

const listBounds: readonly Bound<AskedList>[] = [
  {
    holds: ({ thisUpdate, now }) => thisUpdate <= now + maxSkewMs,
    expected: ({ now }) => `thisUpdate by ${new Date(now).toISOString()}`,
    found: ({ thisUpdate }) => new Date(thisUpdate).toISOString(),
  },
  {
    holds: ({ thisUpdate, nextUpdate }) =>
      nextUpdate > thisUpdate && nextUpdate <= thisUpdate + maxListDays * dayMs,
    expected: () => `nextUpdate within ${maxListDays} days`,
    found: ({ nextUpdate }) => new Date(nextUpdate).toISOString(),
  },
]

/** A list of what one issuer revoked. */
export async function signRevocationList(
  context: SignerContext,
  input: SignerInput<'revocationList'>,
): ReturnType<Signer['revocationList']> {
  const { issuer } = await context.issuers.open(input.issuer, context.bounds())
  return signList(context, issuer, input)
}

/** A list of what a root revoked: issuing CAs, or of the root of services certificates of servers. */
export async function signRootRevocationList(
  context: SignerContext,
  input: SignerInput<'rootRevocationList'>,
): ReturnType<Signer['rootRevocationList']> {
  const { keyName } = input.issuer
  const names = [rootKeyName('device'), rootKeyName('development'), rootKeyName('service')]
  if (!names.includes(keyName)) throw signerRefusal(names.join(' or '), keyName)
  const issuer = await openCa(context.keys, input.issuer, 'openOnce')
  return signList(context, issuer, input)
}

async function signList(
  context: SignerContext,
  issuer: Issuer,
  asked: SignerInput<'revocationList'>,
): ReturnType<Signer['revocationList']> {
  refuseBeyond(listBounds, { ...asked, now: context.now() })
  const { number, thisUpdate, nextUpdate, scope } = asked
  // Megabytes: by what is native.
  const entries = Buffer.from(asked.entries, 'base64url')
  const fields = { number, thisUpdate, nextUpdate, entries }
  try {
    const list = await buildCertificateList(issuer, scope ? { ...fields, scope } : fields)
    return { list: await handOutList(context, asked.issuer.keyName, asked, list) }
  } catch (error) {
    if (error instanceof DerError) throw signerRefusal('entries of a list', error.message)
    throw error
  }
}

/** The certificate of a key that answers OCSP requests for an issuer. */
export async function signResponderCertificate(
  context: SignerContext,
  { issuer: reference, spki: text }: SignerInput<'responderCertificate'>,
): ReturnType<Signer['responderCertificate']> {
  const { issuers, keys, bounds, now } = context
  // The root of services certifies servers itself: it has a responder as issuing CAs have.
  const issuer =
    reference.keyName === rootKeyName('service')
      ? await openServiceRoot(keys, reference)
      : (await issuers.open(reference, bounds())).issuer
  const spki = bytesOf(text)
  const { kind, description } = readSubjectPublicKey(spki)
  if (kind === undefined) throw signerRefusal('a key that can be certified', description)
  const certificate = await issueResponderCertificate({
    issuer,
    spki,
    now: now(),
    days: responderDays,
  })
  return {
    certificate: await handOutCertificate(context, 'responder', reference.keyName, certificate),
  }
}
