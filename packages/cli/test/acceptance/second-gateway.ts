import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import type { Development } from '../sallyport.ts'
import type { EditedFile } from './edited-development.ts'
import { startRole } from './role-process.ts'
import { makeGatewayIdentity } from './service-root.ts'

/** Another gateway of a deployment: a process of its own, with its own name, port and state. */
export async function startSecondGateway(
  dev: Development,
  edit: (config: EditedFile) => void = () => {},
): Promise<{ port: number; end(): Promise<void> }> {
  const { configFile } = dev.facts
  const directory = path.dirname(configFile)
  const { cert, key } = await makeGatewayIdentity(dev, 'gateway-2')
  writeFileSync(path.join(directory, 'gateway-2.crt'), cert)
  writeFileSync(path.join(directory, 'gateway-2.key'), key, { mode: 0o600 })
  const config = parse(readFileSync(configFile, 'utf8')) as EditedFile
  const [port, operations] = await freePorts()
  Object.assign(config.gateway, {
    name: 'gateway-2',
    listen: [`127.0.0.1:${port}`],
    stateDirectory: 'state/gateway-2',
    operations: { listen: `127.0.0.1:${operations}` },
    accessLog: { path: 'off' },
  })
  Object.assign(config.gateway.authority, {
    certificateFile: 'gateway-2.crt',
    keyFile: 'gateway-2.key',
  })
  edit(config)
  const file = path.join(directory, 'gateway-2.yaml')
  writeFileSync(file, stringify(config))
  const { end } = await startRole('gateway', file, `127.0.0.1:${operations}`)
  return { port, end }
}

/** Free for a moment at least. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()]
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports as [number, number]
}
