// The packed status of devices, certificates, issuers and tokens: for authorities and gateways, not for phones.
export * from './packed-keys.ts'
export * from './packed-status.ts'
export { type PackedRow, StatusPacker } from './status-packer.ts'
