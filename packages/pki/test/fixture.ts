import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder in the source tree, from wherever the compiled tests run. */
const directory = fileURLToPath(new URL('../../test/fixtures/', import.meta.url))

export const fixture = (path: string): string => readFileSync(join(directory, path), 'utf8')

export const fixtureNames = (folder: string): string[] =>
  readdirSync(join(directory, folder)).toSorted()

/** The bytes of the first block of a PEM text. */
export function derOfPem(pem: string): Buffer {
  const [, , base64 = ''] = /-----BEGIN ([A-Z ]+)-----([^-]+)-----END \1-----/.exec(pem) ?? []
  return Buffer.from(base64, 'base64')
}
