const table = makeTable()

/** CRC-32C (RFC 3720 §B.4): what PROXY protocol version 2 protects its header with. */
export function crc32c(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return ~crc >>> 0
}

function makeTable(): Int32Array {
  const entries = new Int32Array(256)
  for (let index = 0; index < 256; index++) {
    let entry = index
    for (let bit = 0; bit < 8; bit++)
      entry = (entry & 1) === 1 ? (entry >>> 1) ^ 0x82f63b78 : entry >>> 1
    entries[index] = entry
  }
  return entries
}
