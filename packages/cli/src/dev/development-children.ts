import { randomBytes } from 'node:crypto'
import { mkdirSync, openSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Problem } from '@sallyport/problem'
import { startRoleChild } from '../serve/role-child.ts'
import { roles } from '../serve/roles.ts'
import { type RunningChild, startChild } from '../supervise/child-process.ts'
import { type KeptChild, keepChild } from '../supervise/kept-child.ts'
import { roleEnvironment } from '../supervise/role-environment.ts'
import { awaitReady } from './await-ready.ts'
import type { Ports } from './development-config.ts'
import type { DeviceProcessOptions } from './device-process.ts'
import type { Layout } from './layout.ts'

/** How long a person at Ctrl-C waits at most. */
const graceMs = 10_000
/** Someone may have to approve it first. */
const deviceReadyMs = 900_000

export type DevelopmentChildren = {
  readonly gateway: KeptChild
  /** The id that the virtual device was given. */
  readonly deviceId: string
  end(): Promise<void>
}

export type ChildrenOptions = {
  layout: Layout
  ports: Ports
  /** The file that authority and gateway run on. */
  configFile: string
  /** Asked for once the authority runs, which may have to make a token first. */
  device: () => Promise<DeviceProcessOptions>
  say: (text: string) => void
}

/**
 * Starts the service, the authority, the gateway and the device, in the order in which they need each
 * other, each in a process of its own, and keeps them running. The output of each goes to its log file.
 *
 * @throws Problem why one could not be started; the others are ended by then
 */
export async function startDevelopment(options: ChildrenOptions): Promise<DevelopmentChildren> {
  const { layout, ports, configFile, say } = options
  const kept: KeptChild[] = []
  const end = async (): Promise<void> => {
    for (const child of kept.toReversed()) await child.end(graceMs)
  }
  const keep = async (start: () => Promise<RunningChild>): Promise<KeptChild> => {
    const child = await keepChild({ start, say })
    kept.push(child)
    return child
  }
  try {
    await keep(() =>
      startOwn('service', 'sample-service-process.js', String(ports.upstream), layout),
    )
    const secret = randomBytes(32).toString('base64url')
    await keep(() => startRole('signer', layout, configFile, secret))
    const authority = await keep(() => startRole('authority', layout, configFile, secret))
    say(`authority: runs as process ${authority.current().pid}`)
    const gateway = await keep(() => startRole('gateway', layout, configFile))
    const health = `http://127.0.0.1:${ports.gatewayOperations}/health/ready`
    await awaitReady(health, 'gateway', (answer) => refuseRevoked(answer, layout))
    say(`gateway: runs as process ${gateway.current().pid}`)
    const device = await options.device()
    const phone = await keep(() =>
      startOwn('device', 'device-process.js', JSON.stringify(device), layout),
    )
    const deviceId = String(phone.current().facts['id'])
    say(`device: enrolled as ${deviceId}`)
    return { gateway, deviceId, end }
  } catch (error) {
    await end()
    throw error
  }
}

/** @throws Problem `gateway_revoked` */
function refuseRevoked(answer: string, { directory }: Layout): void {
  if (!answer.includes('this gateway was revoked')) return
  throw new Problem('gateway_revoked', {
    detail: `The gateway of ${directory} was revoked, and refuses everything for good: begin anew with another folder (--dir), or delete this one with all that enrolled`,
    expected: 'a gateway that was not revoked',
    found: answer,
  })
}

function startRole(
  name: keyof typeof roles,
  layout: Layout,
  configFile: string,
  secret?: string,
): Promise<RunningChild> {
  const role = roles[name]
  const log = openLog(layout, name)
  // Not the passphrase of this environment: these keys have one of their own, in its file.
  const environment = roleEnvironment(process.env)
  return startRoleChild(role, configFile, { stdout: log, stderr: log }, environment, secret)
}

function startOwn(
  name: string,
  module: string,
  argument: string,
  layout: Layout,
): Promise<RunningChild> {
  return startChild({
    name,
    module: fileURLToPath(new URL(module, import.meta.url)),
    args: [argument],
    environment: roleEnvironment(process.env),
    stdout: openLog(layout, name),
    stderr: 'inherit',
    ...(name === 'device' ? { readyTimeoutMs: deviceReadyMs } : {}),
  })
}

/** Appended to from start to start. Access lines name devices: for its owner alone. */
function openLog(layout: Layout, name: string): number {
  const file = layout.log(name)
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  return openSync(file, 'a', 0o600)
}
