import path from 'node:path'
import { configFileName } from '../configuration/locate.ts'

/** Where everything of a development deployment lies. All paths are absolute. */
export type Layout = ReturnType<typeof developmentLayout>

export function developmentLayout(directory: string) {
  const at = (...steps: string[]): string => path.resolve(directory, ...steps)
  return {
    directory: at(),
    configFile: at(configFileName),
    /** What a start with --lan runs on. */
    lanConfigFile: at('sallyport.lan.yaml'),
    schemaFile: at('sallyport.schema.json'),
    adminTokenFile: at('admin.token'),
    store: at('state', 'sallyport.db'),
    keysDirectory: at('state', 'keys'),
    passphraseFile: at('state', 'passphrase'),
    gatewayState: at('state', 'gateway'),
    /** Held while a `sallyport dev` runs here. */
    lockFile: at('dev.pid'),
    /** The service root: what the gateway's server certificate is verified with. */
    caFile: at('ca.crt'),
    /** What the feed is believed under: a JWK Set. */
    feedKeysFile: at('certificates', 'feed-keys.json'),
    developmentRootFile: at('certificates', 'development-root.crt'),
    /** The development root and the issuing CA: what the device's certificate is verified with. */
    deviceCaFile: at('device-ca.crt'),
    /** Where the root lies that evidence of the virtual phone ends at, with its key. */
    attestationRoot: at('certificates'),
    server: {
      certificateFile: at('certificates', 'server.crt'),
      keyFile: at('certificates', 'server.key'),
    },
    gatewayIdentity: {
      certificateFile: at('certificates', 'gateway.crt'),
      keyFile: at('certificates', 'gateway.key'),
    },
    device: {
      directory: at('device'),
      certificateFile: at('device', 'device.crt'),
      keyFile: at('device', 'device.key'),
    },
    log: (name: string) => at('logs', `${name}.log`),
  } as const
}
