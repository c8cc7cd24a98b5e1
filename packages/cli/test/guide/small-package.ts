import { crc32 } from 'node:zlib'

/** The smallest thing that is a package of Android: an archive of a manifest, stored. It allows nothing. */
export function smallPackage(): Buffer {
  const name = Buffer.from('AndroidManifest.xml')
  const bytes = Buffer.from(
    '<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="com.example"/>',
  )
  // Version, flags, method, time and date; then checksum and sizes (APPNOTE 6.3.10 §4.3.7, §4.3.12, §4.3.16).
  const about = Buffer.alloc(26)
  about.writeUInt16LE(10, 0)
  about.writeUInt32LE(crc32(bytes), 10)
  about.writeUInt32LE(bytes.length, 14)
  about.writeUInt32LE(bytes.length, 18)
  about.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), about, name, bytes])
  const record = Buffer.concat([Buffer.from('PK\x01\x02\x0a\x00'), about, Buffer.alloc(14), name])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(record.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, record, end])
}
