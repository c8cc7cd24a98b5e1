import type { ResourceConfig } from './resource-table.ts'

const sdkAt = 24

/** `ResTable_config` (ResourceTypes.h): its size, then what it asks of a device; 0 is anything. */
export function resourceConfigAt(bytes: Buffer, start: number, limit: number): ResourceConfig {
  if (start + 4 > limit) return { sdk: 0, isDefault: true }
  const end = Math.min(start + bytes.readUInt32LE(start), limit)
  const sdk = start + sdkAt + 2 <= end ? bytes.readUInt16LE(start + sdkAt) : 0
  const isDefault = bytes.subarray(Math.min(start + 4, end), end).every((byte) => byte === 0)
  return { sdk, isDefault }
}
