export { DerCursor, DerElement, readDer, type ReadDerOptions } from './der-cursor.ts'
export { DerError } from './der-error.ts'
export { derGeneralizedTime, derTime, timeOf } from './der-time.ts'
export {
  asciiOf,
  bitStringOctetsOf,
  booleanOf,
  integerBytesOf,
  namedBitsOf,
  octetsOf,
  smallIntegerOf,
  utf8Of,
} from './der-value.ts'
export {
  derBitString,
  derBoolean,
  derContext,
  derContextPrimitive,
  derElement,
  derInteger,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derUtf8,
} from './der-writer.ts'
export { objectIdentifierBytes, objectIdentifierOf } from './object-identifier.ts'
export {
  contextConstructed,
  contextPrimitive,
  isConstructed,
  isContext,
  type Tag,
  tagName,
  tagNumber,
  tags,
} from './tag.ts'
