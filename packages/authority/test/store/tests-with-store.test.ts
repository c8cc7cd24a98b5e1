import assert from 'node:assert/strict'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { testsWithStore } from '../fixture/tests-with-store.ts'

const packages = path.join(import.meta.dirname, '../../../..')
const compiled = (pattern: string) =>
  globSync(`{authority,virtual-device}/dist/test/**/${pattern}`, { cwd: packages })

describe('which tests run on PostgreSQL as well', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sallyport-tests-with-store-'))
    mkdirSync(path.join(folder, 'fixture'))
    const lines: Readonly<Record<string, string>> = {
      'fixture/store-place.js': 'export const isPostgres = true',
      'fixture/deployment.js': "import { storeIn } from './store-place.js'",
      'started.js': "import { deploy } from './fixture/deployment.js'",
      'imports.test.js': "import { deploy } from './fixture/deployment.js'",
      'for-effect.test.js': "import './fixture/deployment.js'",
      'later.test.js': 'const { deploy } = await import("./fixture/deployment.js")',
      'starts.test.js': "fork(path.join(import.meta.dirname, 'started.js'))",
      'put-together.test.js': 'fork(new URL(`./${name}.js`, import.meta.url))',
      'round.test.js': "import './round.test.js'\nimport 'node:fs'\nimport { a } from './gone.js'",
      'none.test.js': "import { test } from 'node:test'",
    }
    for (const [name, text] of Object.entries(lines)) writeFileSync(path.join(folder, name), text)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const isWithStore = (name: string) => testsWithStore([path.join(folder, name)]).length === 1

  for (const name of ['imports', 'for-effect', 'later', 'starts', 'put-together']) {
    test(`one that opens a store is among them: ${name}`, () => {
      assert.equal(isWithStore(`${name}.test.js`), true)
    })
  }

  for (const name of ['round', 'none']) {
    test(`one that leads to no store is not: ${name}`, () => {
      assert.equal(isWithStore(`${name}.test.js`), false)
    })
  }

  test('of these packages, most are', () => {
    const files = compiled('*.test.js').map((file) => path.join(packages, file))
    const chosen = new Set(testsWithStore(files).map((file) => path.relative(packages, file)))
    for (const [file, isChosen] of [
      ['authority/dist/test/enrollment/enroll-device.test.js', true],
      ['authority/dist/test/published/killed.test.js', true],
      ['authority/dist/test/conformance/kill.test.js', true],
      ['authority/dist/test/conformance/hardware-token.test.js', true],
      ['virtual-device/dist/test/virtual-device.test.js', true],
      ['authority/dist/test/signer/frames.test.js', false],
    ] as const) {
      assert.equal(chosen.has(file), isChosen, file)
    }
    assert.ok(chosen.size > files.length / 2, `${chosen.size} of ${files.length}`)
  })

  test('nothing but the place of stores asks for the engine', () => {
    const variable = ['SALLYPORT', 'TEST', 'POSTGRES'].join('_')
    const asking = compiled('*.js').filter((file) =>
      readFileSync(path.join(packages, file), 'utf8').includes(`['${variable}`),
    )
    assert.deepEqual(asking, ['authority/dist/test/fixture/store-place.js'])
  })
})
