import { binaryXmlReader } from '../android/binary-xml-reader.ts'
import { protobufResourcesReader, protobufXmlReader } from '../android/protobuf-readers.ts'
import { resourceTableReader } from '../android/resource-table-reader.ts'
import { dexReader } from '../dex/dex-reader.ts'
import { elfReader } from '../native/elf.ts'
import { propertyListReader } from '../plist/property-list.ts'
import type { ContentReader } from './content-reader.ts'

/** In this order: the first that takes an entry reads it. What none takes is looked at as bytes alone. */
export const contentReaders: readonly ContentReader[] = [
  dexReader,
  resourceTableReader,
  binaryXmlReader,
  protobufResourcesReader,
  protobufXmlReader,
  elfReader,
  propertyListReader,
]
