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
import { type AttestedPhone, attestedPhone } from './attested-phone.ts'
import { type DevelopmentChildren, startDevelopment } from './development-children.ts'
import { developmentApp, type Ports } from './development-config.ts'
import type { DeviceProcessOptions } from './device-process.ts'
import { type DevelopmentFacts, guidance } from './guidance.ts'
import type { LanAddress } from './lan/lan-address.ts'
import { lanConfig } from './lan/lan-config.ts'
import { lanGuidance } from './lan/lan-guidance.ts'
import { enrollmentToken, openToLan } from './lan/open-to-lan.ts'
import { developmentLayout, type Layout } from './layout.ts'
import { type FolderLock, lockFolder } from './lock.ts'
import { prepareDevelopment } from './prepare-development.ts'
import { samplePath } from './sample-service.ts'

export type DevelopmentOptions = {
  directory: string
  /** The gateway's port that was asked for. */
  port: number | undefined
  /** Where phones of the network reach this machine, if they may. */
  lan: LanAddress | undefined
  now?: () => number
}

/** What runs, and on what. */
type Deployment = {
  layout: Layout
  ports: Ports
  configFile: string
  insecure: readonly string[]
  /** Undefined: the device is no phone. */
  phone: AttestedPhone | undefined
  children: DevelopmentChildren
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
  const lock = lockFolder(layout.lockFile)
  try {
    const deployment = await start(layout, lock, options, output)
    const { ports, children } = deployment
    try {
      writeDeviceCas(layout)
      const { lan } = options
      const opened = lan === undefined ? undefined : await openToLan(layout, ports, lan)
      const facts = developmentFacts(deployment)
      const printed = opened === undefined ? facts : { ...facts, lan: opened.facts }
      output.result(printed, () => {
        const phone = opened === undefined ? '' : `${lanGuidance(opened.facts, ports)}\n`
        return phone + guidance(guidanceOptions(facts, deployment), output.paint)
      })
      output.say(`ending (${await asked})`)
      opened?.close()
    } finally {
      await children.end()
    }
    return 0
  } finally {
    lock.release()
  }
}

/** How often ports are chosen anew, where another process took one between our looking and our listening. */
const portAttempts = 5

async function start(
  layout: Layout,
  { wasAbandoned }: FolderLock,
  options: DevelopmentOptions,
  { say }: Output,
): Promise<Deployment> {
  const { port, lan, now = Date.now } = options
  const names = lan === undefined ? [] : [lan.name, lan.address]
  for (let attempt = 1; ; attempt++) {
    const ports = await prepareDevelopment({ layout, port, names, wasAbandoned, now, say })
    const configFile = lan === undefined ? layout.configFile : writeLanConfig(layout, ports, lan)
    const insecure = insecureSwitches(readConfig(configFile, Type.Object({})).value)
    if (attempt === 1) for (const name of insecure) say(`insecure: ${name} is on`)
    const phone = await attestedPhone(layout, say)
    const device = (): Promise<DeviceProcessOptions> => deviceOptions(layout, ports, phone, lan)
    try {
      const children = await startDevelopment({ layout, ports, configFile, device, say })
      return { layout, ports, configFile, insecure, phone, children }
    } catch (error) {
      const isTaken = isProblem(error) && error.code === 'port_in_use'
      if (!isTaken || attempt === portAttempts) throw error
      say(`${error.message}: trying other ports`)
    }
  }
}

function writeLanConfig(layout: Layout, ports: Ports, lan: LanAddress): string {
  const text = lanConfig(readFileSync(layout.configFile, 'utf8'), ports, lan)
  writeFileAtomically(layout.lanConfigFile, text)
  return layout.lanConfigFile
}

async function deviceOptions(
  layout: Layout,
  ports: Ports,
  phone: AttestedPhone | undefined,
  lan: LanAddress | undefined,
): Promise<DeviceProcessOptions> {
  const options = {
    directory: layout.device.directory,
    authorityUrl: `https://localhost:${ports.device}`,
    gatewayUrl: `https://localhost:${ports.gateway}`,
    caFile: layout.caFile,
    appId: developmentApp,
    path: samplePath,
    ...(phone === undefined ? {} : { phone }),
  }
  if (lan === undefined) return options
  const label = 'the virtual device, if it enrols'
  return { ...options, enrollmentToken: await enrollmentToken(layout, ports, label) }
}

/** The development root, and the issuing CA that came with the device's certificate. */
function writeDeviceCas(layout: Layout): void {
  const root = readFileSync(layout.developmentRootFile, 'utf8')
  const chain = readFileSync(layout.device.certificateFile, 'utf8')
  const issuing = chain.split(/(?=-----BEGIN CERTIFICATE-----)/).slice(1)
  writeFileAtomically(layout.deviceCaFile, [root.trimEnd(), ...issuing].join('\n'))
}

function developmentFacts(deployment: Deployment): DevelopmentFacts {
  const { layout, ports, configFile, children } = deployment
  const { certificateFile, keyFile } = layout.device
  return {
    gateway: `https://localhost:${ports.gateway}`,
    authority: `https://localhost:${ports.device}`,
    upstream: `http://127.0.0.1:${ports.upstream}`,
    samplePath,
    caFile: layout.caFile,
    deviceCaFile: layout.deviceCaFile,
    configFile,
    adminTokenFile: layout.adminTokenFile,
    device: { id: children.deviceId, certificateFile, keyFile },
    pid: process.pid,
    gatewayPid: children.gateway.current().pid,
  }
}

function guidanceOptions(facts: DevelopmentFacts, { layout, insecure, phone }: Deployment) {
  return {
    facts,
    insecure,
    isPhone: phone !== undefined,
    command: commandWords(process.env, process.argv[1]),
    isUsualPlace: facts.configFile === path.resolve(developmentDirectory, 'sallyport.yaml'),
    logDirectory: path.dirname(layout.log('gateway')),
  }
}
