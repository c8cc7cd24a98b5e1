import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { defaultAndroidPhone, developmentRootFiles } from '@sallyport/virtual-device'
import { isScalar, parseDocument } from 'yaml'
import type { Layout } from './layout.ts'
import { samplePath } from './sample-service.ts'

/** Reserved for tests (RFC 6761 §6.2): certificates of it mean nothing anywhere else. */
export const developmentDomain = 'sallyport.test'
export const developmentApp = 'demo'

/** The ports of a development deployment, all on the loopback interface. */
export type Ports = {
  gateway: number
  device: number
  admin: number
  authorityOperations: number
  gatewayOperations: number
  upstream: number
}

/** Where each port stands in the file. */
const places: Readonly<Record<keyof Ports, readonly (string | number)[]>> = {
  gateway: ['gateway', 'listen', 0],
  device: ['authority', 'listeners', 'device', 'listen'],
  admin: ['authority', 'listeners', 'admin', 'listen'],
  authorityOperations: ['authority', 'listeners', 'operations', 'listen'],
  gatewayOperations: ['gateway', 'operations', 'listen'],
  upstream: ['gateway', 'upstreams', 'sample', 'targets', 0],
}

/** Places that follow from a port: URLs that other parts of the file name. */
const followers: readonly { place: readonly string[]; port: keyof Ports }[] = [
  { place: ['admin', 'url'], port: 'admin' },
  { place: ['gateway', 'authority', 'url'], port: 'admin' },
]

/** The configuration file that `sallyport dev` begins with. Edit it as you like: it is kept. */
export function developmentConfig(layout: Layout, ports: Ports): string {
  const relative = (file: string): string => path.relative(layout.directory, file)
  const { certificateFile: attestationRoot } = developmentRootFiles(layout.attestationRoot)
  const { packageName, signerDigest } = defaultAndroidPhone
  const server = `certificateFile: ${relative(layout.server.certificateFile)}, keyFile: ${relative(layout.server.keyFile)}`
  return `# yaml-language-server: $schema=./${relative(layout.schemaFile)}
# Written by \`sallyport dev\`, for this machine alone. Edit it: the next start keeps what you changed.
version: 1
trustDomain: ${developmentDomain}
store:
  path: ${relative(layout.store)}

apps:
  ${developmentApp}:
    insecureDevelopmentDevices: true
    # Put your own builds here: the virtual phone claims to run the first of them.
    android:
      packages: [${packageName}]
      signerDigests: [${signerDigest}]
    # development: for emulators, simulators and scripts, whose keys prove nothing.
    enrollment: { evidence: [android-key, development] }
    certificate: { lifetimeDays: 1 }

attestation:
  # Nothing is fetched from the internet here. Production fetches both, and refuses without the list.
  android: { rootsUrl: 'off', statusListUrl: 'off', whenTooOld: allow }
  insecureDevelopmentRoots: [${relative(attestationRoot)}]

authority:
  keys:
    directory: ${relative(layout.keysDirectory)}
    passphraseFile: ${relative(layout.passphraseFile)}
  listeners:
    device: { listen: '127.0.0.1:${ports.device}', ${server} }
    admin: { listen: '127.0.0.1:${ports.admin}', ${server} }
    operations: { listen: '127.0.0.1:${ports.authorityOperations}' }

gateway:
  name: gateway-1
  listen: ['127.0.0.1:${ports.gateway}']
  workers: 2
  stateDirectory: ${relative(layout.gatewayState)}
  insecureDevelopmentDevices: true
  authority:
    url: https://localhost:${ports.admin}
    caFile: ${relative(layout.caFile)}
    feedKeysFile: ${relative(layout.feedKeysFile)}
    certificateFile: ${relative(layout.gatewayIdentity.certificateFile)}
    keyFile: ${relative(layout.gatewayIdentity.keyFile)}
  operations: { listen: '127.0.0.1:${ports.gatewayOperations}' }
  hosts:
    localhost:
      # explain: a client without a good certificate is told why. API hosts in production: require.
      clientCertificate: explain
      certificate: { ${server} }
      routes:
        - match: { path: '${samplePath}' }
          upstream: sample
        - match: { path: '/*' }
          upstream: sample
          webSocket: true
  upstreams:
    sample:
      targets: ['http://127.0.0.1:${ports.upstream}']

admin:
  url: https://localhost:${ports.admin}
  caFile: ${relative(layout.caFile)}
  tokenFile: ${relative(layout.adminTokenFile)}
`
}

/** The ports that an existing file names; undefined where there is no file or one is not as expected. */
export function readPorts(file: string): Ports | undefined {
  if (!existsSync(file)) return undefined
  const document = parseDocument(readFileSync(file, 'utf8'))
  const entries = Object.entries(places).map(([name, place]) => {
    const value = document.getIn(place)
    return [name, typeof value === 'string' ? portOf(value) : undefined] as const
  })
  return entries.every(([, port]) => port !== undefined)
    ? (Object.fromEntries(entries) as Ports)
    : undefined
}

/** The text of a file with other ports, every other character as it was. */
export function withPorts(text: string, ports: Ports): string {
  const document = parseDocument(text)
  const wanted = [
    ...Object.entries(places).map(([name, place]) => ({ place, port: name as keyof Ports })),
    ...followers,
  ]
  const edits = wanted.flatMap(({ place, port }) => {
    const node = document.getIn(place, true)
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return []
    const [start, end] = node.range
    const source = text.slice(start, end)
    return [{ start, end, source: source.replace(/:\d+(?=\/?['"]?$)/, `:${ports[port]}`) }]
  })
  // From the end, so that the places before stay right.
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce(
      (edited, { start, end, source }) => edited.slice(0, start) + source + edited.slice(end),
      text,
    )
}

function portOf(address: string): number | undefined {
  const match = /:(\d{1,5})\/?$/.exec(address)
  return match === null ? undefined : Number(match[1])
}
