import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { quietPorts } from '@sallyport/virtual-device'
import type { EditedFile, LaidOut } from './edited-development.ts'
import { startRole } from './role-process.ts'
import { makeGatewayIdentity } from './service-root.ts'

/** Another gateway of a deployment: a process of its own, with its own name, port and state. */
export async function startSecondGateway(
  dev: LaidOut,
  edit: (config: EditedFile) => void = () => {},
  name = 'gateway-2',
): Promise<{ port: number; end(): Promise<void> }> {
  const { configFile } = dev.facts
  const directory = path.dirname(configFile)
  const { cert, key } = await makeGatewayIdentity(dev, name)
  writeFileSync(path.join(directory, `${name}.crt`), cert)
  writeFileSync(path.join(directory, `${name}.key`), key, { mode: 0o600 })
  const config = parse(readFileSync(configFile, 'utf8')) as EditedFile
  const [port, operations] = (await quietPorts(2)) as [number, number]
  Object.assign(config.gateway, {
    name,
    listen: [`127.0.0.1:${port}`],
    stateDirectory: `state/${name}`,
    operations: { listen: `127.0.0.1:${operations}` },
    accessLog: { path: 'off' },
  })
  Object.assign(config.gateway.authority, {
    certificateFile: `${name}.crt`,
    keyFile: `${name}.key`,
  })
  edit(config)
  const file = path.join(directory, `${name}.yaml`)
  writeFileSync(file, stringify(config))
  const { end } = await startRole('gateway', file, `127.0.0.1:${operations}`)
  return { port, end }
}
