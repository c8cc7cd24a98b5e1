import type { ContentReader } from '../content/content-reader.ts'
import { binaryXmlReader } from './binary-xml-reader.ts'
import { protobufResourcesReader, protobufXmlReader } from './protobuf-readers.ts'
import { resourceTableReader } from './resource-table-reader.ts'
import { textXmlReader } from './text-xml-reader.ts'

/** Contents that only packages of Android have. */
export const androidReaders: readonly ContentReader[] = [
  resourceTableReader,
  binaryXmlReader,
  protobufResourcesReader,
  protobufXmlReader,
  textXmlReader,
]
