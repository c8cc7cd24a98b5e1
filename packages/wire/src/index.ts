// Plain words, encodings and types: what phones and gateways load. The schemas of the messages, with the library
// that they are written in, are a second entry point: `@sallyport/wire/messages`.
export * from './assertion-keys.ts'
export * from './device-api.ts'
export * from './device-identity.ts'
export type * from './device-messages.ts'
export * from './encoding.ts'
export * from './feed-messages.ts'
export * from './gateway-api.ts'
export type * from './gateway-messages.ts'
export * from './id.ts'
export * from './issuer-kind.ts'
export * from './proof-base.ts'
export {
  addToSketch,
  type DeviceSketch,
  emptySketch,
  estimateDevices,
  mergeSketch,
  sketchBytes,
} from './device-sketch.ts'
