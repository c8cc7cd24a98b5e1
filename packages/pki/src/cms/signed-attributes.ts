import {
  type DerCursor,
  type DerElement,
  DerError,
  derSetOf,
  objectIdentifierOf,
  octetsOf,
  tags,
} from '../der/index.ts'
import { cmsOids } from './cms-oids.ts'

/** What a signature covers besides, or rather in place of, the content (RFC 5652 §5.3, §11). */
export type SignedAttributes = {
  /** What is signed: the attributes as a SET OF in DER (§5.4), not as the message tags them. */
  readonly der: Buffer
  /** OID */
  readonly contentType: string
  readonly messageDigest: Buffer
  /** The values of each attribute, by OID. */
  readonly values: ReadonlyMap<string, readonly DerElement[]>
}

const maxAttributes = 16
const maxValues = 8

/** Reads signed attributes. Each of the two that must be there is there once, with one value. Throws DerError. */
export function readSignedAttributes(list: DerCursor): SignedAttributes {
  const { offset } = list
  const whole: Buffer[] = []
  const values = new Map<string, DerElement[]>()
  while (!list.isDone) {
    const attribute = list.next(tags.sequence, 'attribute')
    whole.push(attribute.whole)
    const fields = attribute.enter('attribute')
    const oid = objectIdentifierOf(fields.next(tags.oid, 'attrType'))
    if (values.has(oid) || values.size === maxAttributes) {
      throw new DerError('signedAttrs: one twice, or too many', attribute.offset)
    }
    values.set(oid, readValues(fields.enter('attrValues', tags.set)))
    fields.end('attribute')
  }
  const single = (oid: string, what: string): DerElement => {
    const [value, second] = values.get(oid) ?? []
    if (value === undefined || second !== undefined) {
      throw new DerError(`${what} missing, or there are several`, offset)
    }
    return value
  }
  const contentType = single(cmsOids.contentType, 'contentType')
  const messageDigest = single(cmsOids.messageDigest, 'messageDigest')
  if (contentType.tag !== tags.oid || messageDigest.tag !== tags.octetString) {
    throw new DerError('signedAttrs: of another type', offset)
  }
  return {
    der: derSetOf(...whole),
    contentType: objectIdentifierOf(contentType),
    messageDigest: octetsOf(messageDigest),
    values,
  }
}

function readValues(list: DerCursor): DerElement[] {
  const found: DerElement[] = []
  while (!list.isDone) {
    if (found.length === maxValues) throw new DerError('attrValues: too many', list.offset)
    found.push(list.next(undefined, 'attrValue'))
  }
  return found
}
