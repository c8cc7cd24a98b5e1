import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileKeyProvider } from '@sallyport/pki'
import { noJournal } from '../../src/signer/journal/signing-journal.ts'
import { localSigner } from '../../src/signer/local-signer.ts'

const scryptCost = { N: 2 ** 14, r: 8, p: 1 }
const users = [
  { provider: 'corp', subject: 'ada' },
  { provider: 'web', subject: 'ada' },
  { provider: 'corp', subject: 'a' },
]
let directory: string
before(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-names-'))
})
after(() => rmSync(directory, { recursive: true }))

const signerOver = (folder: string) =>
  localSigner({
    keys: fileKeyProvider({
      directory: path.join(directory, folder),
      passphrase: () => Promise.resolve('a passphrase for tests'),
      scryptCost,
    }),
    bounds: () => ({ trustDomain: 'example.com', apps: {}, serverNames: [], tokens: [] }),
    now: Date.now,
    journal: noJournal,
  })

test('a key is made where it may be, and else is missing: with another one nobody would be known again', async () => {
  await assert.rejects(signerOver('one').userNames({ users, mayCreate: false }), {
    code: 'key_missing',
  })
  const { names } = await signerOver('one').userNames({ users, mayCreate: true })
  assert.equal(new Set(names).size, users.length)
  for (const name of names) assert.match(name, /^[A-Za-z0-9_-]{43}$/)
})

test('names are the same from start to start, whoever is named beside them, and others under another key', async () => {
  const { names } = await signerOver('one').userNames({ users, mayCreate: false })
  const again = await signerOver('one').userNames({ users: users.slice(1), mayCreate: true })
  assert.deepEqual(again.names, names.slice(1))
  const other = await signerOver('two').userNames({ users, mayCreate: true })
  assert.equal(new Set([...names, ...other.names]).size, 2 * users.length)
})
