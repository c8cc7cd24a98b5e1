import { readdirSync, readFileSync } from 'node:fs'
import { certificatesFromPem } from '@sallyport/pki'
import type { AttestationResult } from '../../src/index.ts'

const directory = new URL('../../../test/fixtures/android/', import.meta.url)
const chains = new URL('google-keyattestation/', directory)

/** The files of chains of Google's test data, as `akita/sdk34/TEE_EC_NONE.pem`, sorted. */
export const chainFiles: readonly string[] = readdirSync(chains, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.pem'))
  .toSorted()

/** A chain, DER, leaf first. */
export function chainOf(file: string): Buffer[] {
  return certificatesFromPem(readFileSync(new URL(file, chains), 'utf8')).map(({ der }) => der)
}

/** The JSON beside a chain, whose lines may be comments, or undefined. */
export function expectedOf(file: string): unknown {
  const name = file.replace(/\.pem$/, '.json')
  if (!readdirSync(chains, { recursive: true }).map(String).includes(name)) return undefined
  return JSON.parse(readFileSync(new URL(name, chains), 'utf8').replace(/^\s*\/\/.*$/gm, ''))
}

/** Google's sample of a status list, as its endpoint formats it. */
export const statusListSample = (): string =>
  readFileSync(new URL('status-list-sample.json', directory), 'utf8')

/** When all certificates between leaf and root are valid, of chains whose leaf the phone made. */
export function fittingTime(file: string): number {
  const [, ...above] = certificatesFromPem(readFileSync(new URL(file, chains), 'utf8'))
  return Math.max(...above.map(({ notBefore }) => notBefore), 0)
}

/** The codes of the checks that failed. */
export function refusalsOf({ checks }: AttestationResult): (string | null)[] {
  return checks.flatMap(({ outcome, code }) => (outcome === 'failed' ? [code] : []))
}

export function checkOf({ checks }: AttestationResult, name: string) {
  const found = checks.find((check) => check.name === name)
  if (found === undefined) throw new TypeError(`no check ${name}`)
  return found
}
