import type { EvidenceFile } from '@sallyport/attestation'

/** Object identifiers of extensions that only certificates of a format have, as DER writes their bytes. */
const marks: readonly { readonly format: string; readonly oid: Buffer }[] = [
  // 1.3.6.1.4.1.11129.2.1.17, the KeyDescription
  { format: 'android-key', oid: Buffer.from('060a2b06010401d679020111', 'hex') },
  // 1.2.840.113635.100.8, whatever follows: attributes of attested devices
  { format: 'apple-mda', oid: Buffer.from('2a864886f7636408', 'hex') },
]

/** What format evidence most likely has. For a person who looks at it: nothing is decided by this. */
export function guessFormat(file: EvidenceFile): string | undefined {
  if (file.format !== undefined) return file.format
  if (file.kind === 'cbor') return 'apple-app-attest'
  if (file.kind === 'token') return 'play-integrity'
  return marks.find(({ oid }) => file.chain.some((der) => der.includes(oid)))?.format
}
