import { androidReaders } from '../android/android-readers.ts'
import { dexReader } from '../dex/dex-reader.ts'
import { elfReader } from '../native/elf.ts'
import { propertyListReader } from '../plist/property-list.ts'
import type { ContentReader } from './content-reader.ts'

/** In this order: the first that takes an entry reads it. What none takes is looked at as bytes alone. */
export const contentReaders: readonly ContentReader[] = [
  dexReader,
  ...androidReaders,
  elfReader,
  propertyListReader,
]
