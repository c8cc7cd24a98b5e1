export { pinOf } from './pin.ts'
