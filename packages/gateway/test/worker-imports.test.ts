import assert from 'node:assert/strict'
import { readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** Everything that a module imports when it runs, and what those import in turn. */
function importsOf(module: string, seen = new Set<string>()): Set<string> {
  const file = realpathSync(module)
  if (seen.has(file)) return seen
  seen.add(file)
  const specifiers = readFileSync(file, 'utf8').matchAll(
    /^(?:import ['"]|(?:import|export) [^'"\n]* from ['"])([^'"]+)['"]/gm,
  )
  for (const [, specifier = ''] of specifiers) {
    if (specifier.startsWith('node:')) seen.add(specifier)
    else if (specifier.startsWith('.'))
      importsOf(fileURLToPath(new URL(specifier, `file://${file}`)), seen)
    else if (specifier.startsWith('@sallyport/'))
      importsOf(createRequire(file).resolve(specifier), seen)
    else seen.add(specifier)
  }
  return seen
}

const importsFrom = (module: string): Set<string> =>
  importsOf(fileURLToPath(new URL(`../src/${module}`, import.meta.url)))

const worker = importsFrom('worker/main.js')
const threads = [
  { thread: 'a worker', imports: worker },
  { thread: 'the main thread', imports: importsFrom('control/start-gateway.js') },
]

for (const { thread, imports } of threads) {
  test(`${thread} loads no library: no validator, no parser of configuration, nothing that verifies tokens`, () => {
    const foreign = [...imports].filter(
      (module) => !module.startsWith('/') && !module.startsWith('node:'),
    )
    assert.deepEqual(foreign, [])
    assert(imports.size > 50)
  })

  test(`${thread} does not import node:http, which would load undici: runtime/node-http.ts`, () => {
    assert(!imports.has('node:http'))
    assert([...imports].some((module) => module.endsWith('/runtime/node-http.js')))
  })
}

test('a worker can reach no store, and no key of a CA', () => {
  assert(!worker.has('node:sqlite'))
  assert(![...worker].some((module) => /packages\/(?:authority|config|cli)\//.test(module)))
})
