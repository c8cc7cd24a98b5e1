import { androidReaders } from '../android/android-readers.ts'
import { dexReader } from '../dex/dex-reader.ts'
import { provisioningProfileReader } from '../ios/provisioning-profile.ts'
import { dotnetReader } from '../native/dotnet.ts'
import { elfReader } from '../native/elf.ts'
import { machOReader } from '../native/mach-o/mach-o.ts'
import { unityMetadataReader } from '../native/unity-metadata.ts'
import { classFileReader } from '../jvm/class-file-reader.ts'
import { propertyListReader } from '../plist/property-list.ts'
import { hermesReader } from '../script/hermes-bytecode.ts'
import { ramBundleReader } from '../script/ram-bundle.ts'
import { textFileReader } from '../strings/text-file.ts'
import { unknownBytesReader } from '../strings/unknown-bytes.ts'
import type { ContentReader } from './content-reader.ts'

/** In this order: the first that takes an entry reads it. The last two take whatever is left. */
export const contentReaders: readonly ContentReader[] = [
  dexReader,
  classFileReader,
  ...androidReaders,
  elfReader,
  machOReader,
  propertyListReader,
  provisioningProfileReader,
  hermesReader,
  ramBundleReader,
  dotnetReader,
  unityMetadataReader,
  textFileReader,
  unknownBytesReader,
]
