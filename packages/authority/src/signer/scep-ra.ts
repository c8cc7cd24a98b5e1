import { randomBytes } from 'node:crypto'
import {
  type Certificate,
  derElement,
  derOctetString,
  DerError,
  derUtf8,
  issueRaCertificate,
  parseCertificate,
  readDer,
  tags,
} from '@sallyport/pki'
import {
  type Attribute,
  openEnvelope,
  writeCertificatesOnly,
  writeEnvelopedData,
  writeSignedData,
} from '@sallyport/pki/cms'
import { Problem } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'
import { scepOids } from '../protocols/scep/scep-oids.ts'
import { bytesOf } from './bytes.ts'
import { handOutCertificate } from './hand-out.ts'
import { openCa } from './held-issuers.ts'
import { raKeyName, raScopeOf } from './key-names.ts'
import type { SignerContext } from './local-signer.ts'
import type { CaReference, Signer, SignerInput } from './signer.ts'
import { signerRefusal } from './signer-refusal.ts'

const raDays = 365
const nonceBytes = 16
const certRep = '3'
const statuses = { success: '0', failure: '2', pending: '3' } as const

/** The key and certificate of a registration authority, by a CA of an app that has SCEP. */
export async function makeScepRa(
  context: SignerContext,
  { issuer: reference, generation }: SignerInput<'scepRa'>,
): ReturnType<Signer['scepRa']> {
  const { keys, issuers, bounds, now } = context
  const limits = bounds()
  const { issuer, kind, appId, lane } = await issuers.open(reference, limits)
  if (kind !== 'unattested') throw signerRefusal('a CA for devices that prove nothing', kind)
  scepOf(limits, appId)
  const keyName = raKeyName({ appId, lane }, generation)
  const key = await keys.openOrCreateUnwrapping(keyName, 'rsa-2048')
  const certificate = await issueRaCertificate({ issuer, spki: key.spki, now: now(), days: raDays })
  const { keyName: ca } = reference
  return { keyName, certificate: await handOutCertificate(context, 'scep-ra', ca, certificate) }
}

/**
 * Opens the envelope of a SCEP request, and tells what is in it where that is what such a request has: this
 * key decrypts nothing else. Everything that is wrong with key, padding and content is one refusal.
 */
export async function openScepContent(
  context: SignerContext,
  { ra, messageType, envelope }: SignerInput<'scepContent'>,
): ReturnType<Signer['scepContent']> {
  const { key, certificate, scep } = await openRa(context, ra)
  const { unwrap } = key
  if (unwrap === undefined) throw signerRefusal('a key that unwraps others', ra.keyName)
  const content = await openEnvelope(bytesOf(envelope), {
    certificate,
    unwrap,
    ciphers: [
      'aes-128-cbc',
      'aes-192-cbc',
      'aes-256-cbc',
      'des-ede3-cbc',
      ...(scep.insecureDes === true ? (['des-cbc'] as const) : []),
    ],
  })
  if (!hasForm(content, messageType)) throw new Problem('cms_decryption_failed')
  return { content: toBase64url(content) }
}

/** A CertRep (RFC 8894 §3.3.2). */
export async function signScepReply(
  context: SignerContext,
  input: SignerInput<'scepReply'>,
): ReturnType<Signer['scepReply']> {
  const { transactionId, recipientNonce, enclosed, failInfo, failInfoText } = input
  const signer = await openRa(context, input.ra)
  if (enclosed !== undefined && failInfo !== undefined) {
    throw signerRefusal('a certificate or a failure', 'both')
  }
  const status =
    enclosed === undefined ? (failInfo === undefined ? 'pending' : 'failure') : 'success'
  const attributes: Attribute[] = [
    { type: scepOids.messageType, value: derPrintable(certRep) },
    { type: scepOids.pkiStatus, value: derPrintable(statuses[status]) },
    { type: scepOids.transactionId, value: derPrintable(transactionId) },
    { type: scepOids.senderNonce, value: derOctetString(randomBytes(nonceBytes)) },
    { type: scepOids.recipientNonce, value: derOctetString(bytesOf(recipientNonce)) },
  ]
  if (failInfo !== undefined) {
    attributes.push({ type: scepOids.failInfo, value: derPrintable(String(failInfo)) })
  }
  if (failInfoText !== undefined) {
    attributes.push({ type: scepOids.failInfoText, value: derUtf8(failInfoText) })
  }
  const message = await writeSignedData({
    content: enclosed === undefined ? undefined : seal(enclosed),
    signer,
    attributes,
    certificates: [signer.certificate],
  })
  return { message: message.toString('base64url') }
}

function seal(enclosed: NonNullable<SignerInput<'scepReply'>['enclosed']>): Buffer {
  const certificates = enclosed.certificates.map((der) => parseCertificate(bytesOf(der)))
  const lists = enclosed.list === undefined ? [] : [bytesOf(enclosed.list)]
  const recipient: Certificate = parseCertificate(bytesOf(enclosed.recipient))
  if (recipient.keyKind?.startsWith('rsa-') !== true) {
    throw signerRefusal('a recipient with an RSA key', recipient.keyDescription)
  }
  return writeEnvelopedData(writeCertificatesOnly(certificates, lists), recipient, enclosed.cipher)
}

/** @throws Problem `signer_refused` where it is of no registration authority, or of one that has ended */
export async function openRa({ keys, bounds, now }: SignerContext, reference: CaReference) {
  const scope = raScopeOf(reference.keyName)
  if (scope === undefined) throw signerRefusal('a registration authority', reference.keyName)
  const scep = scepOf(bounds(), scope.appId)
  const { key, certificate } = await openCa(keys, reference)
  if (certificate.notBefore <= now() && now() < certificate.notAfter) {
    return { key, certificate, scep, scope }
  }
  const until = new Date(certificate.notAfter).toISOString()
  throw signerRefusal('a registration authority in date', `one until ${until}`)
}

function scepOf({ apps }: ReturnType<SignerContext['bounds']>, appId: string) {
  const scep = Object.hasOwn(apps, appId) ? apps[appId]?.protocols?.['scep'] : undefined
  if (scep === undefined) throw signerRefusal('an app with SCEP', appId)
  return scep
}

/**
 * Whether content has the outer form of what a request of a type has: a request of PKCS#10, or two parts that
 * name a certificate (RFC 8894 §3.3).
 */
function hasForm(content: Buffer, messageType: SignerInput<'scepContent'>['messageType']): boolean {
  try {
    const outer = readDer(content)
    const parts = outer.enter()
    outer.end()
    parts.next(tags.sequence)
    if (messageType === '19' || messageType === '17') {
      parts.next(tags.sequence)
      parts.next(tags.bitString)
    } else parts.next(messageType === '20' ? tags.sequence : tags.integer)
    parts.end()
    return true
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

const derPrintable = (text: string): Buffer =>
  derElement(tags.printableString, Buffer.from(text, 'latin1'))
