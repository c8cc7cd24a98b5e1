import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { composeSchema, parseConfig } from '@sallyport/config'
import { type GatewayConfig, gatewaySection, startGateway } from '@sallyport/gateway'
import pino from 'pino'
import Type from 'typebox'
import type { VirtualDevice, VirtualDeviceOptions } from '../src/index.ts'
import { type AuthorityDeployment, deployAuthority } from './authority-deployment.ts'

export type GatewayDeployment = {
  readonly authority: AuthorityDeployment
  /** Of no host in particular: by its address. */
  readonly gatewayUrl: string
  /** Answers at TLS level without a word (`require`), or explains (`explain`). */
  device(host: 'require' | 'explain', options?: Partial<VirtualDeviceOptions>): VirtualDevice
}

/** Authority, gateway and a service that tells what it was given, each real. */
export async function deployGateway(t: Pick<TestContext, 'after'>): Promise<GatewayDeployment> {
  const authority = await deployAuthority(t)
  const service = createServer((request, response) => void tell(request, response))
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  t.after(() => {
    service.closeAllConnections()
    service.close()
  })
  const { port: servicePort } = service.address() as AddressInfo
  const config = readConfig(authority, servicePort)
  const gateway = await startGateway(config, { log: pino({ level: 'silent' }) })
  t.after(() => gateway.close())
  const port = gateway.addresses.listen[0]?.split(':').at(-1)
  const addresses = Object.fromEntries(
    ['localhost', 'require.example.com', 'explain.example.com'].map((name) => [name, '127.0.0.1']),
  )
  return {
    authority,
    gatewayUrl: `https://127.0.0.1:${port}`,
    device: (host, options = {}) =>
      authority.device({
        gatewayUrl: `https://${host}.example.com:${port}`,
        addresses,
        ...options,
      }),
  }
}

async function tell(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body: Buffer[] = await request.toArray()
  const { method, url, headers } = request
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(body).toString() }))
}

function readConfig(authority: AuthorityDeployment, servicePort: number): GatewayConfig {
  const certificate = '{ certificateFile: server.crt, keyFile: server.key }'
  const host = (clientCertificate: string) => `
    ${clientCertificate}.example.com:
      clientCertificate: ${clientCertificate}
      certificate: ${certificate}
      routes: [{ match: { path: '/*' }, upstream: service }]`
  const text = `
version: 1
trustDomain: example.com
gateway:
  name: gateway-1
  listen: ['127.0.0.1:0']
  stateDirectory: gateway-state
  insecureDevelopmentDevices: true
  authority: { url: '${authority.adminUrl}', caFile: ca.pem, certificateFile: gateway.crt, keyFile: gateway.key }
  accessLog: { path: 'off' }
  hosts:${host('require')}${host('explain')}
  upstreams:
    service: { targets: ['http://127.0.0.1:${servicePort}'] }
`
  const schema = composeSchema([{ key: 'trustDomain', schema: Type.String() }, gatewaySection])
  return parseConfig(join(authority.directory, 'gateway.yaml'), text, schema) as GatewayConfig
}
