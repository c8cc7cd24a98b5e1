import { randomBytes } from 'node:crypto'
import {
  type Certificate,
  derBitString,
  derContext,
  derElement,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derTime,
  derUtf8,
  generateKey,
  type KeyPair,
  parseCertificate,
  signingKeyOf,
  tags,
} from '@sallyport/pki'
import {
  openEnvelope,
  readSignedData,
  isSignedContent,
  writeEnvelopedData,
  writeSignedData,
  unwrapKey,
} from '@sallyport/pki/cms'
import { scepOids } from '../../../src/protocols/scep/scep-oids.ts'
import { certificatesIn } from '../est/est-place.ts'

export type Signer = { key: KeyPair; certificate: Certificate }

const sha256WithRsa = derSequence(derOid('1.2.840.113549.1.1.11'), derElement(tags.null))
const nameOf = (text: string) =>
  derSequence(derSetOf(derSequence(derOid('2.5.4.3'), derUtf8(text))))

/** A self-signed certificate of an RSA key, as clients of SCEP make it. */
export async function selfSigned(key: KeyPair, name = 'device'): Promise<Signer> {
  const tbs = derSequence(
    derContext(0, derInteger(2)),
    derInteger(randomBytes(8)),
    sha256WithRsa,
    nameOf(name),
    derSequence(derTime(Date.now() - 60_000), derTime(Date.now() + 86_400_000)),
    nameOf(name),
    key.publicKey.export({ format: 'der', type: 'spki' }),
  )
  const signature = await signingKeyOf(key).sign(tbs)
  const der = derSequence(tbs, sha256WithRsa, derBitString(signature))
  return { key, certificate: parseCertificate(der) }
}

export const newSigner = async () => selfSigned(await generateKey('rsa-2048'))

/** A PKCS#10 request with a challenge password, and other attributes in DER. */
export async function requestWith(
  key: KeyPair,
  challenge: string | undefined,
  more: Buffer[] = [],
): Promise<Buffer> {
  const password =
    challenge === undefined
      ? []
      : [derSequence(derOid('1.2.840.113549.1.9.7'), derSetOf(derUtf8(challenge)))]
  const information = derSequence(
    derInteger(0),
    nameOf('anything'),
    key.publicKey.export({ format: 'der', type: 'spki' }),
    derContext(0, ...password, ...more),
  )
  const signature = await signingKeyOf(key).sign(information)
  return derSequence(information, sha256WithRsa, derBitString(signature))
}

const printable = (text: string) => derElement(tags.printableString, Buffer.from(text, 'latin1'))

export type MessageOptions = {
  content: Buffer
  signer: Signer
  ra: Certificate
  messageType?: string
  transactionId?: string
  nonce?: Buffer
  cipher?: 'aes-128-cbc' | 'aes-256-cbc' | 'des-ede3-cbc'
  /** In place of what is encrypted. */
  envelope?: Buffer
}

/** A pkiMessage (RFC 8894 §3.2). */
export function messageOf(options: MessageOptions): Promise<Buffer> {
  const { content, signer, ra, messageType = '19', transactionId = 'transaction-1' } = options
  const { nonce = randomBytes(16), cipher = 'aes-256-cbc' } = options
  return writeSignedData({
    content: options.envelope ?? writeEnvelopedData(content, ra, cipher),
    signer: { certificate: signer.certificate, key: signingKeyOf(signer.key) },
    attributes: [
      { type: scepOids.messageType, value: printable(messageType) },
      { type: scepOids.transactionId, value: printable(transactionId) },
      { type: scepOids.senderNonce, value: derOctetString(nonce) },
    ],
    certificates: [signer.certificate],
  })
}

export type CertRep = {
  status: string
  failInfo: string | undefined
  transactionId: string
  recipientNonce: Buffer
  isSigned: boolean
  certificates: Certificate[]
  content: Buffer
}

/** Reads a CertRep, which the registration authority signed. */
export async function readCertRep(der: Buffer, signer: Signer, ra: Certificate): Promise<CertRep> {
  const whole = withContent(der)
  const signedData = readSignedData(whole)
  const values = signedData.signer.signedAttributes?.values
  const text = (oid: string) => values?.get(oid)?.[0]?.content.toString('latin1')
  const status = text(scepOids.pkiStatus) ?? ''
  const content =
    status === '0'
      ? await openEnvelope(signedData.content, {
          certificate: signer.certificate,
          unwrap: (key, transport) =>
            Promise.resolve(unwrapKey(signer.key.privateKey, transport, key)),
          ciphers: ['aes-128-cbc', 'aes-256-cbc', 'des-ede3-cbc'],
        })
      : Buffer.alloc(0)
  return {
    status,
    failInfo: text(scepOids.failInfo),
    transactionId: text(scepOids.transactionId) ?? '',
    recipientNonce: values?.get(scepOids.recipientNonce)?.[0]?.content ?? Buffer.alloc(0),
    isSigned: isSignedContent(signedData, ra),
    certificates: status === '0' ? certificatesIn(content) : [],
    content,
  }
}

/** A message without content, whose reader wants one: an empty OCTET STRING signs alike. */
function withContent(der: Buffer): Buffer {
  const bare = derSequence(derOid('1.2.840.113549.1.7.1'))
  const at = der.indexOf(bare)
  if (at === -1) return der
  const filled = derSequence(
    derOid('1.2.840.113549.1.7.1'),
    derContext(0, derOctetString(Buffer.alloc(0))),
  )
  return rewrapped(der, bare, filled)
}

/** Replaces one part of a ContentInfo, and mends the lengths around it. */
function rewrapped(der: Buffer, before: Buffer, after: Buffer): Buffer {
  const inside = contentOf(contentOf(contentOf(der).subarray(headAndContent(contentOf(der))))) // SignedData
  const at = inside.indexOf(before)
  const mended = Buffer.concat([inside.subarray(0, at), after, inside.subarray(at + before.length)])
  return derSequence(derOid('1.2.840.113549.1.7.2'), derContext(0, derSequence(mended)))
}

const headOf = (der: Buffer): number => (der[1]! < 0x80 ? 2 : 2 + (der[1]! & 0x7f))
const lengthOf = (der: Buffer): number =>
  der[1]! < 0x80 ? der[1]! : der.readUIntBE(2, der[1]! & 0x7f)
const headAndContent = (der: Buffer): number => headOf(der) + lengthOf(der)
const contentOf = (der: Buffer): Buffer => der.subarray(headOf(der), headAndContent(der))
