import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { loadConfig } from '../../src/configuration/schema.ts'
import { newFolder, sallyport } from '../sallyport.ts'
import { blocksOf } from './guide.ts'
import { type Members, mergeShown } from './merge-shown.ts'

const guides = new URL('../../../../../docs/guide/', import.meta.url)
const host = 'api.example.com'
const cwd = newFolder()
let made: Members = {}

/** What a page shows in place of the whole file, and where it belongs in one. */
const excerpts: Readonly<Record<string, (shown: Members) => Members>> = {
  certificate: (shown) => ({ gateway: { hosts: { [host]: shown } } }),
  stages: (shown) => ({ gateway: { hosts: { [host]: shown } } }),
  // A table of cases for `access test`, which its own page tries.
  cases: () => ({}),
  // What scans accept, likewise.
  suppressions: () => ({}),
  // A section of Prometheus.
  scrape_configs: () => ({}),
  // A file of pins, which its own page tries.
  hosts: () => ({}),
}

before(async () => {
  const { code, stderr } = await sallyport(
    ['init', '--dir', cwd, '--trust-domain', 'example.com', '--passphrase-file', '--yes'],
    { cwd },
  )
  assert.equal(code, 0, stderr)
  made = parse(readFileSync(path.join(cwd, 'sallyport.yaml'), 'utf8')) as Members
})

describe('every configuration in the guides is one', () => {
  const pages = readdirSync(guides).filter((page) => page.endsWith('.md'))
  for (const page of pages) {
    const blocks = blocksOf(readFileSync(new URL(page, guides), 'utf8'), 'yaml')
    for (const [index, block] of blocks.entries()) {
      test(`${page}, block ${index + 1}`, () => {
        const shown = parse(block) as Members
        const place = Object.keys(excerpts).find((member) => member in shown)
        const whole = place === undefined ? shown : (excerpts[place]?.(shown) ?? shown)
        const file = path.join(cwd, `${page}-${index}.yaml`)
        writeFileSync(file, stringify(mergeShown(made, whole)))
        loadConfig(file)
      })
    }
  }
})
