import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ramBundleReader } from '../../src/script/ram-bundle.ts'
import { placesOf, readWith } from '../collect.ts'

test('modules of a RAM bundle are text, each for itself', async () => {
  const modules = ['startup()\0', '__d(function(){var key="module-secret-0123"},1)\0', 'últ1mo()\0']
  const header = Buffer.alloc(12 + modules.length * 8)
  header.writeUInt32LE(0xfb0bd1e5)
  header.writeUInt32LE(modules.length - 1, 4)
  const bytes = Buffer.concat([header, ...modules.map((module) => Buffer.from(module))])
  assert.ok(ramBundleReader.takes(bytes, 'main.jsbundle'))
  const { regions } = await readWith(ramBundleReader, bytes)
  assert.deepEqual(placesOf('module-secret-0123', regions), [bytes.indexOf('module-secret-0123')])
  assert.deepEqual(placesOf('últ1mo()', regions), [bytes.indexOf('últ1mo()')])
  assert.match(regions[0]?.text ?? '', /^startup\(\)$/m)
})
