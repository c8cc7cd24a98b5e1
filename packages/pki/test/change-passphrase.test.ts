import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import {
  changePassphrase,
  defaultScryptCost,
  fileKeyProvider,
  type ScryptCost,
} from '../src/index.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-change-passphrase-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const cheap = { N: 2 ** 14, r: 8, p: 1 }
const keysUnder = (directory: string, passphrase: string) =>
  fileKeyProvider({ directory, passphrase: () => Promise.resolve(passphrase), scryptCost: cheap })

test('a key that was cheap to try under a random passphrase is not so under the next one', async () => {
  const directory = path.join(folder, 'random')
  const made = await keysUnder(directory, 'made at random').create('root', 'ec-p256')
  assert.deepEqual(await changePassphrase({ directory, before: 'made at random', next: 'typed' }), [
    'root',
  ])
  const text = readFileSync(path.join(directory, 'root.key.json'), 'utf8')
  const { N, r, p } = (JSON.parse(text) as { kdf: ScryptCost }).kdf
  assert.deepEqual({ N, r, p }, defaultScryptCost)
  const opened = await keysUnder(directory, 'typed').open('root')
  assert.ok(opened.spki.equals(made.spki))
})

test('where one key opens with neither passphrase, none is written', async () => {
  const directory = path.join(folder, 'other')
  await keysUnder(directory, 'this one').create('a', 'ec-p256')
  await keysUnder(directory, 'another').create('b', 'ec-p256')
  const text = () => readFileSync(path.join(directory, 'a.key.json'), 'utf8')
  const before = text()
  const order = { directory, before: 'this one', next: 'the next', scryptCost: cheap }
  await assert.rejects(changePassphrase(order), { code: 'key_passphrase_wrong' })
  assert.equal(text(), before)
})

test('cut short, it goes on with the keys that are left', async () => {
  const directory = path.join(folder, 'half')
  await keysUnder(directory, 'the next').create('a', 'ec-p256')
  await keysUnder(directory, 'this one').create('b', 'ec-p256')
  const order = { directory, before: 'this one', next: 'the next', scryptCost: cheap }
  assert.deepEqual(await changePassphrase(order), ['a', 'b'])
  const keys = keysUnder(directory, 'the next')
  await Promise.all([keys.open('a'), keys.open('b')])
})
