import path from 'node:path'
import { configFileName } from '../configuration/locate.ts'

/** Where `sallyport init` puts what a production deployment begins with. Absolute paths. */
export type ProductionLayout = ReturnType<typeof productionLayout>

export function productionLayout(directory: string) {
  const at = (...steps: string[]): string => path.resolve(directory, ...steps)
  const pair = (name: string) => ({
    certificateFile: at('certificates', `${name}.crt`),
    keyFile: at('certificates', `${name}.key`),
  })
  return {
    directory: at(),
    configFile: at(configFileName),
    schemaFile: at('sallyport.schema.json'),
    adminTokenFile: at('admin.token'),
    store: at('state', 'sallyport.db'),
    keysDirectory: at('state', 'keys'),
    passphraseFile: at('state', 'passphrase'),
    gatewayState: at('state', 'gateway'),
    /** The service root. */
    caFile: at('certificates', 'service-ca.crt'),
    /** The device root: whatever is no gateway verifies devices with it. */
    deviceCaFile: at('certificates', 'device-root.crt'),
    /** What the feed is believed under: a JWK Set. */
    feedKeysFile: at('certificates', 'feed-keys.json'),
    api: pair('api'),
    enroll: pair('enroll'),
    admin: pair('admin'),
    gatewayIdentity: pair('gateway-1'),
  } as const
}
