import { readFileSync } from 'node:fs'
import { readConfig, resolvePath } from '@sallyport/config'
import { certificatesFromPem, type TrustIssuer } from '@sallyport/pki'
import Type from 'typebox'

/** What the gateway of a configuration file believes, beside what its authority tells it. */
export type GatewayView = {
  allowDevelopment: boolean
  foreignIssuers: TrustIssuer[]
}

/** The members that are looked at. The rest of the file is the gateway's to check. */
type Looked = {
  gateway?: {
    insecureDevelopmentDevices?: boolean
    hosts?: Record<string, { trust?: { caFile: string; trustDomain: string }[] }>
  }
}

/** Reads it. A file without a gateway believes no development device and no foreign CA. */
export function readGatewayView(file: string): GatewayView {
  const { value, directory } = readConfig<Looked>(file, Type.Object({}))
  const hosts = Object.values(value.gateway?.hosts ?? {})
  return {
    allowDevelopment: value.gateway?.insecureDevelopmentDevices === true,
    foreignIssuers: hosts
      .flatMap(({ trust }) => trust ?? [])
      .flatMap(({ caFile, trustDomain }) => {
        const pem = readFileSync(resolvePath(directory, caFile), 'utf8')
        const kind = 'device' as const
        return certificatesFromPem(pem).map((certificate) => {
          return { certificate, own: false, kind, trustDomain }
        })
      }),
  }
}
