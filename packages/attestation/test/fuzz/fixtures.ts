import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder in the source tree, from wherever the compiled tests run. */
const directory = fileURLToPath(new URL('../../../test/fixtures/', import.meta.url))

export const fixture = (path: string): string => readFileSync(join(directory, path), 'utf8')

/** Files of a folder and of those below it, by their paths. */
export const fixtureNames = (folder: string, extension: string): string[] =>
  readdirSync(join(directory, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(folder, name))
    .toSorted()
