import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { toPem } from '@sallyport/pki'
import { androidKeyChain, type AndroidPhone, makeDevelopmentRoot } from '@sallyport/virtual-device'
import { newFolder } from '../sallyport.ts'

export const folder = newFolder()
export const root = makeDevelopmentRoot()
export const challenge = randomBytes(32)
export const spki = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
  format: 'der',
  type: 'spki',
})

/** Writes a file into the folder; its path. */
export function file(name: string, content: string | Uint8Array): string {
  const at = path.join(folder, name)
  mkdirSync(path.dirname(at), { recursive: true })
  writeFileSync(at, content)
  return at
}

/** The development root, as --roots takes it. */
export const roots = path.dirname(file('roots/development.pem', root.pem))

/** A chain of a virtual phone in a PEM file. */
export function androidFile(name: string, phone: Partial<AndroidPhone> = {}): string {
  const chain = androidKeyChain({ root, challenge, spki, phone })
  return file(name, chain.map((der) => toPem('CERTIFICATE', der)).join(''))
}
