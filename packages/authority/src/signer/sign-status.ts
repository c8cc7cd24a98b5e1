import {
  buildCertificateList,
  DerError,
  issueResponderCertificate,
  readSubjectPublicKey,
} from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import { bytesOf } from './bytes.ts'
import type { SignerContext } from './local-signer.ts'
import type { Signer, SignerInput } from './signer.ts'
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
  { issuers, bounds, now }: SignerContext,
  input: SignerInput<'revocationList'>,
): ReturnType<Signer['revocationList']> {
  const { issuer } = await issuers.open(input.issuer, bounds())
  refuseBeyond(listBounds, { ...input, now: now() })
  const { number, thisUpdate, nextUpdate, entries, scope } = input
  // Megabytes: by what is native.
  const encoded = Buffer.from(entries, 'base64url')
  const fields = { number, thisUpdate, nextUpdate, entries: encoded }
  try {
    const list = await buildCertificateList(issuer, scope ? { ...fields, scope } : fields)
    return { list: list.toString('base64url') }
  } catch (error) {
    if (error instanceof DerError) throw signerRefusal('entries of a list', error.message)
    throw error
  }
}

/** The certificate of a key that answers OCSP requests for an issuer. */
export async function signResponderCertificate(
  { issuers, bounds, now }: SignerContext,
  { issuer: reference, spki: text }: SignerInput<'responderCertificate'>,
): ReturnType<Signer['responderCertificate']> {
  const { issuer } = await issuers.open(reference, bounds())
  const spki = bytesOf(text)
  const { kind, description } = readSubjectPublicKey(spki)
  if (kind === undefined) throw signerRefusal('a key that can be certified', description)
  const certificate = await issueResponderCertificate({
    issuer,
    spki,
    now: now(),
    days: responderDays,
  })
  return { certificate: toBase64url(certificate.der) }
}
