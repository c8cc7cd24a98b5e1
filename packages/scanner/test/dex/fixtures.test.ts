import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { assemble, fixture, fixtureFile, fixtureNames } from './assembled.ts'

// `SALLYPORT_WRITE_FIXTURES=1 node --test packages/scanner/dist/test/dex/fixtures.test.js` keeps them anew.
for (const name of fixtureNames) {
  test(`the fixture ${name} is what smali makes of its sources`, (t) => {
    const assembled = assemble(name)
    if (assembled === undefined) {
      if (process.env['CI'] !== undefined) throw new Error('smali is not installed')
      t.skip('smali is not installed (Debian: libsmali-java)')
      return
    }
    if (process.env['SALLYPORT_WRITE_FIXTURES'] !== undefined) {
      writeFileSync(fixtureFile(name), assembled)
    }
    assert.ok(assembled.equals(fixture(name)))
  })
}
