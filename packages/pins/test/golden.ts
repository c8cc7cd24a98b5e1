import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const directory = fileURLToPath(new URL('../../test/golden/', import.meta.url))

/** Holds a text against the golden file of this name; `npm run golden` writes the file instead. */
export function assertGolden(name: string, text: string): void {
  const file = directory + name
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(directory, { recursive: true })
    writeFileSync(file, text)
    return
  }
  assert.ok(existsSync(file), `${file} is missing: npm run golden writes it`)
  assert.equal(text, readFileSync(file, 'utf8'), `${name} differs: npm run golden rewrites it`)
}
