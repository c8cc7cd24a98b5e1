// Writes the generated pages of docs/reference, or with --check says which differ.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { configurationReference } from '@sallyport/config'
import { reasonReference } from '@sallyport/problem'
import { ruleReference } from '@sallyport/scanner'
import { commandReference, configSchema } from 'sallyport'

const pages = {
  'reasons.md': reasonReference(),
  'commands.md': commandReference(),
  'configuration.md': configurationReference(configSchema),
  'rules.md': ruleReference(),
}
const check = process.argv.includes('--check')
const directory = new URL('../docs/reference/', import.meta.url)
mkdirSync(directory, { recursive: true })

const differing = Object.entries(pages).filter(([name, page]) => read(name) !== page)
for (const [name, page] of differing) {
  if (!check) writeFileSync(new URL(name, directory), page)
  console.error(`docs/reference/${name} ${check ? 'is not in step: npm run docs' : 'is written'}`)
}
process.exitCode = check && differing.length > 0 ? 1 : 0

function read(name) {
  try {
    return readFileSync(new URL(name, directory), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
