// Writes the generated pages of docs/reference, and the operations of the admin client, or with --check says which differ.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dataMapReference, eventReference } from '@sallyport/authority'
import { configurationReference } from '@sallyport/config'
import { reasonReference } from '@sallyport/problem'
import { ruleReference } from '@sallyport/scanner'
import { commandReference, configSchema } from 'sallyport'
import { adminOperations } from './admin-operations.js'
import { openApiDocument } from './openapi.js'

const openApi = await openApiDocument()
const operations = 'packages/cli/src/admin/admin-operations.ts'
const pages = {
  'docs/reference/reasons.md': reasonReference(),
  'docs/reference/commands.md': commandReference(),
  'docs/reference/configuration.md': configurationReference(configSchema),
  'docs/reference/rules.md': ruleReference(),
  'docs/reference/data-map.md': dataMapReference(),
  'docs/reference/events.md': eventReference(),
  'docs/reference/openapi.json': `${JSON.stringify(openApi, null, 2)}\n`,
  [operations]: formatted(operations, adminOperations(openApi)),
}
const check = process.argv.includes('--check')
const root = new URL('../', import.meta.url)
mkdirSync(new URL('docs/reference/', root), { recursive: true })

const differing = Object.entries(pages).filter(([name, page]) => read(name) !== page)
for (const [name, page] of differing) {
  if (!check) writeFileSync(new URL(name, root), page)
  console.error(`${name} ${check ? 'is not in step: npm run docs' : 'is written'}`)
}
process.exitCode = check && differing.length > 0 ? 1 : 0

/** As `npm run format` would have it. */
function formatted(name, text) {
  const biome = ['--no-install', 'biome', 'format', `--stdin-file-path=${name}`]
  return execFileSync('npx', biome, { input: text, encoding: 'utf8' })
}

function read(name) {
  try {
    return readFileSync(new URL(name, root), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
