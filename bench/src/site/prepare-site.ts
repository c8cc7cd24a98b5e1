import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { freePort } from '../process/free-port.ts'
import { signToken } from './sign-token.ts'
import type { KeyPairFiles, Site } from './site.ts'

/** The command as users run it. */
export const sallyportCommand = fileURLToPath(
  new URL('../../../../packages/cli/bin/sallyport.js', import.meta.url),
)

/** The line that `sallyport dev --json` prints, as far as it is used here. */
type Deployment = {
  readonly caFile: string
  readonly deviceCaFile: string
  readonly configFile: string
  readonly device: KeyPairFiles
}

/**
 * Lets `sallyport dev` lay out a deployment and enrol a device: its certificates are what every gateway
 * of the run is given.
 *
 * @param directory empty; everything is written below it
 * @throws Error the deployment did not become ready; with what it wrote
 */
export async function prepareSite(directory: string, upstreamPort: number): Promise<Site> {
  const deployment = await deploy(path.join(directory, 'deployment'))
  const { authorization, provider } = await signToken(directory, deployment.device.certificateFile)
  return {
    directory,
    serverName: 'localhost',
    server: serverFiles(deployment.configFile),
    serverCaFile: deployment.caFile,
    deviceCaFile: deployment.deviceCaFile,
    device: deployment.device,
    authorization,
    provider,
    sallyportConfigFile: deployment.configFile,
    upstreamPort,
  }
}

async function deploy(directory: string): Promise<Deployment> {
  const args = ['dev', '--json', '--dir', directory, '--port', String(await freePort())]
  const child = spawn(process.execPath, [sallyportCommand, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { value, done } = await lines.next()
  await end(child, ended)
  if (done === true) throw new Error(`sallyport dev did not become ready:\n${complaints}`)
  return JSON.parse(value) as Deployment
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  await ended
}

/** The certificate that the deployment's one host answers with. Paths are relative to the file. */
function serverFiles(configFile: string): KeyPairFiles {
  const { gateway } = parse(readFileSync(configFile, 'utf8')) as {
    gateway: { hosts: Record<string, { certificate: KeyPairFiles } | undefined> }
  }
  const host = gateway.hosts['localhost']
  if (host === undefined) throw new Error(`${configFile}: expected gateway.hosts.localhost`)
  const resolve = (file: string): string => path.resolve(path.dirname(configFile), file)
  return {
    certificateFile: resolve(host.certificate.certificateFile),
    keyFile: resolve(host.certificate.keyFile),
  }
}
