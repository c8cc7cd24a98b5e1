import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Certificate, toPem } from '@sallyport/pki'
import type { Phone } from '../fixture/phone.ts'
import { certificatesOf } from './publishing.ts'

export type CommandAnswer = { ok: boolean; text: string }

/** A directory with what relying parties have: the issuing CA (`ca.pem`), certificates of devices by name. */
export type RelyingParty = {
  readonly directory: string
  file(name: string, contents: string | Uint8Array): string
  read(name: string): Buffer
  /** Runs a command there. Errors, then output. */
  run(command: string, ...args: string[]): Promise<CommandAnswer>
  close(): void
}

export function relyingParty(
  phones: Readonly<Record<string, Pick<Phone, 'issued'>>>,
): RelyingParty {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-relying-'))
  const file = (name: string, contents: string | Uint8Array) => {
    const at = path.join(directory, name)
    writeFileSync(at, contents)
    return at
  }
  const pem = ({ der }: Certificate) => toPem('CERTIFICATE', der)
  for (const [name, phone] of Object.entries(phones)) {
    const { leaf, issuer } = certificatesOf(phone)
    file(`${name}.pem`, pem(leaf))
    file('ca.pem', pem(issuer))
  }
  return {
    directory,
    file,
    read: (name) => readFileSync(path.join(directory, name)),
    run: (command, ...args) =>
      new Promise((resolve) => {
        execFile(command, args, { cwd: directory, timeout: 20_000 }, (error, stdout, stderr) => {
          resolve({ ok: error === null, text: stderr + stdout })
        })
      }),
    close: () => rmSync(directory, { recursive: true, force: true }),
  }
}
