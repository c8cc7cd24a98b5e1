export { developmentEvidence } from './development-evidence.ts'
export {
  cloneDevice,
  droppingTransport,
  type Forgery,
  forgingKeyStore,
  type Mishap,
  skewedClock,
} from './misbehaviour.ts'
export { nodeTransport, type NodeTransportOptions } from './node-transport.ts'
export { privateKeyOf, softwareKeyStore } from './software-key-store.ts'
export {
  createVirtualDevice,
  type VirtualDevice,
  type VirtualDeviceOptions,
} from './virtual-device.ts'
