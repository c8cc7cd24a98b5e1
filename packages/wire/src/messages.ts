export * from './device-messages.ts'
export * from './gateway-messages.ts'
