import { randomBytes } from 'node:crypto'
import http from 'node:http'
import {
  type Certificate,
  contextConstructed,
  createRoot,
  createSigningRequest,
  derElement,
  derOctetString,
  generateKey,
  parseCertificate,
  readDer,
  signingKeyOf,
  tags,
} from '@sallyport/pki'
import { writeEnvelopedData, writeSignedData } from '@sallyport/pki/cms'
import { ask } from '../ask.ts'

/** RFC 8894 §3.2.1. */
const attributes = {
  messageType: '2.16.840.1.113733.1.9.2',
  senderNonce: '2.16.840.1.113733.1.9.5',
  transactionId: '2.16.840.1.113733.1.9.7',
}

/** A PKCSReq (RFC 8894 §3.3.1) that says no password, so that it is refused once all of it was opened. */
export async function scepMessage(url: string): Promise<Buffer> {
  const agent = new http.Agent()
  const ra = firstCertificate(await ask(`${url}?operation=GetCACert`, { agent }))
  const pair = await generateKey('rsa-2048')
  const key = signingKeyOf(pair)
  const self = await createRoot({ key, commonName: 'device', kind: 'device', now: Date.now() })
  const printable = (text: string) => derElement(tags.printableString, Buffer.from(text))
  return writeSignedData({
    content: writeEnvelopedData(createSigningRequest(pair), ra, 'aes-256-cbc'),
    signer: { certificate: parseCertificate(self.der), key },
    attributes: [
      { type: attributes.messageType, value: printable('19') },
      { type: attributes.transactionId, value: printable('bogus-1') },
      { type: attributes.senderNonce, value: derOctetString(randomBytes(16)) },
    ],
    certificates: [self],
  })
}

/** Of a message that has certificates and no content: ContentInfo, [0], SignedData, [0] (RFC 5652 §5.1). */
function firstCertificate(message: Buffer): Certificate {
  const content = readDer(message).enter('ContentInfo')
  content.next(tags.oid)
  const signedData = content.enter('[0]', contextConstructed(0)).enter('SignedData')
  signedData.next(tags.integer)
  signedData.next(tags.set)
  signedData.next(tags.sequence)
  return parseCertificate(
    signedData.enter('certificates', contextConstructed(0)).next(tags.sequence).whole,
  )
}
