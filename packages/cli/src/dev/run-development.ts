import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readConfig } from '@sallyport/config'
import { isProblem } from '@sallyport/problem'
import Type from 'typebox'
import type { ExitCode } from '../command.ts'
import { insecureSwitches } from '../configuration/insecure-switches.ts'
import { developmentDirectory } from '../configuration/locate.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { untilAskedToEnd } from '../supervise/parent-channel.ts'
import type { Output } from '../terminal/output.ts'
import { commandWords } from '../terminal/shell.ts'
import { type DevelopmentChildren, startDevelopment } from './development-children.ts'
import { developmentApp, type Ports } from './development-config.ts'
import { type DevelopmentFacts, guidance } from './guidance.ts'
import { developmentLayout, type Layout } from './layout.ts'
import { lockFolder } from './lock.ts'
import { prepareDevelopment } from './prepare-development.ts'
import { samplePath } from './sample-service.ts'

export type DevelopmentOptions = {
  directory: string
  /** The gateway's port that was asked for. */
  port: number | undefined
  now?: () => number
}

/**
 * `sallyport dev`: lays everything out in one folder, starts it, says how to try it, and runs until it
 * is asked to end.
 *
 * @throws Problem why it could not be started; nothing runs any more then
 */
export async function runDevelopment(
  options: DevelopmentOptions,
  output: Output,
): Promise<ExitCode> {
  const layout = developmentLayout(options.directory)
  const asked = untilAskedToEnd(['SIGHUP'])
  const unlock = lockFolder(layout.lockFile)
  try {
    const { ports, children, insecure } = await start(layout, options, output)
    writeDeviceCas(layout)
    const facts = developmentFacts(layout, ports, children)
    output.result(facts, () => guidance(guidanceOptions(facts, layout, insecure), output.paint))
    output.say(`ending (${await asked})`)
    await children.end()
    return 0
  } finally {
    unlock()
  }
}

/** How often ports are chosen anew, where another process took one between our looking and our listening. */
const portAttempts = 5

async function start(layout: Layout, options: DevelopmentOptions, output: Output) {
  const { port, now = Date.now } = options
  for (let attempt = 1; ; attempt++) {
    const ports = await prepareDevelopment({ layout, port, names: [], now, say: output.say })
    const insecure = insecureSwitches(readConfig(layout.configFile, Type.Object({})).value)
    if (attempt === 1) for (const name of insecure) output.say(`insecure: ${name} is on`)
    const device = deviceOptions(layout, ports)
    try {
      const children = await startDevelopment({ layout, ports, device, say: output.say })
      return { ports, children, insecure }
    } catch (error) {
      const isTaken = isProblem(error) && error.code === 'port_in_use'
      if (!isTaken || attempt === portAttempts) throw error
      output.say(`${error.message}: trying other ports`)
    }
  }
}

function deviceOptions(layout: Layout, ports: Ports) {
  return {
    directory: layout.device.directory,
    authorityUrl: `https://localhost:${ports.device}`,
    gatewayUrl: `https://localhost:${ports.gateway}`,
    caFile: layout.caFile,
    appId: developmentApp,
    path: samplePath,
  }
}

/** The development root, and the issuing CA that came with the device's certificate. */
function writeDeviceCas(layout: Layout): void {
  const root = readFileSync(layout.developmentRootFile, 'utf8')
  const chain = readFileSync(layout.device.certificateFile, 'utf8')
  const issuing = chain.split(/(?=-----BEGIN CERTIFICATE-----)/).slice(1)
  writeFileAtomically(layout.deviceCaFile, [root.trimEnd(), ...issuing].join('\n'))
}

function developmentFacts(
  layout: Layout,
  ports: Ports,
  children: DevelopmentChildren,
): DevelopmentFacts {
  const { certificateFile, keyFile } = layout.device
  return {
    gateway: `https://localhost:${ports.gateway}`,
    authority: `https://localhost:${ports.device}`,
    upstream: `http://127.0.0.1:${ports.upstream}`,
    samplePath,
    caFile: layout.caFile,
    deviceCaFile: layout.deviceCaFile,
    configFile: layout.configFile,
    adminTokenFile: layout.adminTokenFile,
    device: { id: children.deviceId, certificateFile, keyFile },
    pid: process.pid,
    gatewayPid: children.gateway.current().pid,
  }
}

function guidanceOptions(facts: DevelopmentFacts, layout: Layout, insecure: readonly string[]) {
  return {
    facts,
    insecure,
    command: commandWords(process.env, process.argv[1]),
    isUsualPlace: layout.directory === path.resolve(developmentDirectory),
    logDirectory: path.dirname(layout.log('gateway')),
  }
}
