import { createHash } from 'node:crypto'
import type { Certificate } from '../certificate.ts'
import {
  derContext,
  derContextPrimitive,
  derElement,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  tags,
} from '../der/index.ts'
import { signatureAlgorithmIdentifier, signatureHash } from '../signature-algorithm.ts'
import type { KeyKind } from '../key-kind.ts'
import type { SigningKey } from '../signing-key.ts'
import { cmsOids } from './cms-oids.ts'
import { type ContentCipher, contentCiphers, encryptContent } from './content-cipher.ts'
import { issuerAndSerial } from './certificate-identifier.ts'
import { wrapKey } from './key-transport.ts'

/** An attribute of a signer: OID, and its one value in DER. */
export type Attribute = { readonly type: string; readonly value: Buffer }

export type SignedDataOptions = {
  /** Undefined: nothing is signed but the attributes (RFC 8894 §3.3.2.1). */
  readonly content: Uint8Array | undefined
  readonly signer: { readonly certificate: Certificate; readonly key: SigningKey }
  /** Beside contentType and messageDigest, which are always there. */
  readonly attributes: readonly Attribute[]
  /** Sent along; the signer's own among them, where its reader needs it. */
  readonly certificates: readonly Certificate[]
}

const digestOids = { sha256: cmsOids.sha256, sha384: cmsOids.sha384, sha512: cmsOids.sha512 }

/** CMS SignedData of one signer over data (RFC 5652 §5). DER. */
export async function writeSignedData(options: SignedDataOptions): Promise<Buffer> {
  const { content, signer, certificates } = options
  const hash = signatureHash(signer.key.keyKind)
  const digestAlgorithm = derSequence(derOid(digestOids[hash]), derNull())
  const digest = createHash(hash)
    .update(content ?? Buffer.alloc(0))
    .digest()
  const attributes = derSetOf(
    attribute(cmsOids.contentType, derOid(cmsOids.data)),
    attribute(cmsOids.messageDigest, derOctetString(digest)),
    ...options.attributes.map(({ type, value }) => attribute(type, value)),
  )
  const signature = await signer.key.sign(attributes)
  const signerInfo = derSequence(
    derInteger(1),
    issuerAndSerial(signer.certificate),
    digestAlgorithm,
    // The same SET OF, tagged [0] IMPLICIT: one byte differs (§5.4).
    Buffer.concat([Buffer.from([0xa0]), attributes.subarray(1)]),
    signatureAlgorithmOf(signer.key.keyKind),
    derOctetString(signature),
  )
  const inside = content === undefined ? [] : [derContext(0, derOctetString(content))]
  return contentInfo(
    cmsOids.signedData,
    derSequence(
      derInteger(1),
      derSetOf(digestAlgorithm),
      derSequence(derOid(cmsOids.data), ...inside),
      ...certificateSet(certificates),
      derSetOf(signerInfo),
    ),
  )
}

/** Of RSA the key alone is named (RFC 3370 §3.2), which is all that strongSwan reads. */
function signatureAlgorithmOf(kind: KeyKind): Buffer {
  return kind.startsWith('rsa-')
    ? derSequence(derOid(cmsOids.rsaEncryption), derNull())
    : signatureAlgorithmIdentifier(kind)
}

/**
 * Certificates and revocation lists (DER each) and nothing that is signed: the degenerate case of
 * RFC 5652 §5.2, which RFC 7030 and RFC 8894 answer with. DER.
 */
export function writeCertificatesOnly(
  certificates: readonly Pick<Certificate, 'der'>[],
  revocationLists: readonly Uint8Array[] = [],
): Buffer {
  const lists = revocationLists.length === 0 ? [] : [derContext(1, ...revocationLists)]
  return contentInfo(
    cmsOids.signedData,
    derSequence(
      derInteger(1),
      derSetOf(),
      derSequence(derOid(cmsOids.data)),
      ...certificateSet(certificates),
      ...lists,
      derSetOf(),
    ),
  )
}

/** CMS EnvelopedData of data, encrypted to the RSA key of a certificate (RFC 5652 §6). DER. */
export function writeEnvelopedData(
  content: Uint8Array,
  recipient: Certificate,
  cipherName: ContentCipher['name'] = 'aes-256-cbc',
): Buffer {
  const cipher = contentCiphers.find(({ name }) => name === cipherName)
  if (cipher === undefined) throw new TypeError(`no cipher ${cipherName}`)
  const { key, algorithm, encrypted } = encryptContent(cipher, content)
  const transport = wrapKey(recipient.publicKey, key)
  return contentInfo(
    cmsOids.envelopedData,
    derSequence(
      derInteger(0),
      derSetOf(
        derSequence(
          derInteger(0),
          issuerAndSerial(recipient),
          transport.algorithm,
          derOctetString(transport.encryptedKey),
        ),
      ),
      derSequence(derOid(cmsOids.data), algorithm, derContextPrimitive(0, encrypted)),
    ),
  )
}

const contentInfo = (type: string, content: Buffer): Buffer =>
  derSequence(derOid(type), derContext(0, content))

const attribute = (type: string, value: Buffer): Buffer =>
  derSequence(derOid(type), derElement(tags.set, value))

const certificateSet = (certificates: readonly Pick<Certificate, 'der'>[]): Buffer[] =>
  certificates.length === 0 ? [] : [derContext(0, ...certificates.map(({ der }) => der))]
