export { berToDer } from './ber-to-der.ts'
export { cmsOids } from './cms-oids.ts'
export { type ContentCipher, contentCiphers } from './content-cipher.ts'
export { type EnvelopedData, readEnvelopedData } from './enveloped-data.ts'
export { type KeyTransport, unwrapKey, wrapKey } from './key-transport.ts'
export { openEnvelope, type OpenEnvelopeOptions } from './open-envelope.ts'
export { isSignedContentBySha1 } from './sha1-signature.ts'
export type { SignedAttributes } from './signed-attributes.ts'
export { readSignedData, type SignedData, type SignerInfo } from './signed-data.ts'
export { isSignedContent, signerChain } from './signer.ts'
export {
  type Attribute,
  type SignedDataOptions,
  writeCertificatesOnly,
  writeEnvelopedData,
  writeSignedData,
} from './write-cms.ts'
