import {
  type DerCursor,
  DerError,
  derSetOf,
  objectIdentifierOf,
  octetsOf,
  tags,
} from '@sallyport/pki'

/** What a signature covers besides, or rather in place of, the content (RFC 5652 §5.3, §11). */
export type SignedAttributes = {
  /** What is signed: the attributes as a SET OF in DER (§5.4), not as the message tags them. */
  readonly der: Buffer
  /** OID */
  readonly contentType: string
  readonly messageDigest: Buffer
}

const contentTypeAttribute = '1.2.840.113549.1.9.3'
const messageDigestAttribute = '1.2.840.113549.1.9.4'
const maxAttributes = 16

/** Reads signed attributes. Each of the two that must be there is there once, with one value. Throws DerError. */
export function readSignedAttributes(list: DerCursor): SignedAttributes {
  const { offset } = list
  const whole: Buffer[] = []
  const values = new Map<string, DerCursor>()
  while (!list.isDone) {
    const attribute = list.next(tags.sequence, 'attribute')
    whole.push(attribute.whole)
    const fields = attribute.enter('attribute')
    const oid = objectIdentifierOf(fields.next(tags.oid, 'attrType'))
    if (values.has(oid) || values.size === maxAttributes) {
      throw new DerError('signedAttrs: one twice, or too many', attribute.offset)
    }
    values.set(oid, fields.enter('attrValues', tags.set))
    fields.end('attribute')
  }
  const single = (oid: string, what: string) => {
    const value = values.get(oid)
    if (value === undefined) throw new DerError(`${what} missing`, offset)
    const element = value.next(undefined, what)
    value.end(what)
    return element
  }
  const contentType = single(contentTypeAttribute, 'contentType')
  const messageDigest = single(messageDigestAttribute, 'messageDigest')
  if (contentType.tag !== tags.oid || messageDigest.tag !== tags.octetString) {
    throw new DerError('signedAttrs: of another type', offset)
  }
  return {
    der: derSetOf(...whole),
    contentType: objectIdentifierOf(contentType),
    messageDigest: octetsOf(messageDigest),
  }
}
