import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { newId, toBase64url } from '@sallyport/wire'
import { SignerClient } from '../../../src/signer/process/signer-client.ts'
import { openEngine } from '../../../src/store/store.ts'
import { developmentApp } from '../../fixture/apps.ts'
import { layOut } from '../../fixture/deployment.ts'
import { newSpki } from '../../fixture/signer.ts'
import { storeIn } from '../../fixture/store-place.ts'

const program = fileURLToPath(new URL('running-signer-process.js', import.meta.url))

/** A signer that runs, as a process of its own. */
export type RunningSigner = {
  readonly socket: string
  /** All that it logged. */
  said(): string
  end(signal?: NodeJS.Signals): Promise<void>
}

/** Starts the signer of a directory, with programs before it, and waits until it is ready. */
export async function startSignerProcess(
  directory: string,
  before: readonly string[] = [],
): Promise<RunningSigner> {
  const [command, ...args] = [...before, process.execPath, program, directory]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ready = once(child.stdout, 'data') as Promise<[Buffer]>
  const [line] = await Promise.race([
    ready,
    exited.then(() => {
      throw new Error(`the signer did not start: ${said}`)
    }),
  ])
  const [pid = '', socket = ''] = line.toString().trim().split(' ')
  return {
    socket,
    said: () => said,
    async end(signal = 'SIGTERM') {
      process.kill(Number(pid), signal)
      await exited
    },
  }
}

/** A deployment whose signer is a process that a test starts, with programs before it, and kills. */
export async function layOutSigner({ authority = '' }: { authority?: string } = {}) {
  const laid = await layOut({ apps: developmentApp, authority })
  const { directory } = laid
  const file = (name: string, text: string) => writeFileSync(path.join(directory, name), text)
  file('apps.yaml', developmentApp)
  file('authority.yaml', authority)
  file('clock', '0')
  const issuer = await developmentCa(directory)
  return {
    ...laid,
    /** The clock of a signer that runs is so far ahead from now on. */
    moveClock: (ms: number) => file('clock', String(ms)),
    async start(...before: string[]) {
      const signer = await startSignerProcess(directory, before)
      const client = new SignerClient({ socket: signer.socket })
      return {
        said: signer.said,
        /** A certificate of a device, base64url. */
        async sign(): Promise<string> {
          const { certificate } = await client.signer.deviceCertificate({
            issuer,
            spki: await newSpki(),
            deviceId: newId('device'),
            assurance: 'unattested',
            predecessors: [],
          })
          return certificate
        },
        async end(signal: NodeJS.Signals = 'SIGTERM') {
          await client.close()
          await signer.end(signal)
        },
      }
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

async function developmentCa(directory: string) {
  const engine = await openEngine(storeIn(directory))
  try {
    const { key_name: keyName, certificate } = await engine.read
      .selectFrom('issuers')
      .select(['key_name', 'certificate'])
      .where('kind', '=', 'development')
      .executeTakeFirstOrThrow()
    return { keyName, certificate: toBase64url(certificate) }
  } finally {
    await engine.close()
  }
}
