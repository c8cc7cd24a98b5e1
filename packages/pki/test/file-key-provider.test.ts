import assert from 'node:assert/strict'
import { verify } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileKeyProvider } from '../src/file-key-provider.ts'
import type { KeyKind } from '../src/key-kind.ts'
import { inScratch } from './openssl.ts'

/** The least cost that is accepted, so that the tests take no minutes. */
const scryptCost = { N: 2 ** 14, r: 8, p: 1 }
const provider = (directory: string, passphrase = 'correct horse') =>
  fileKeyProvider({ directory, passphrase: () => Promise.resolve(passphrase), scryptCost })
const data = Buffer.from('to be signed')

/** A directory of its own, not made yet. */
const inDirectory = <T>(work: (directory: string) => Promise<T>) =>
  inScratch((scratch) => work(join(scratch, 'keys')))

/** Changes members of a key file, as whoever can write it may: `kdf.N` and a value. */
async function change(path: string, members: Readonly<Record<string, unknown>>): Promise<void> {
  const file = JSON.parse(await readFile(path, 'utf8'))
  for (const [member, value] of Object.entries(members)) {
    const [outer = '', inner] = member.split('.')
    if (inner === undefined) file[outer] = value
    else file[outer][inner] = value
  }
  await writeFile(path, JSON.stringify(file))
}

describe('keys in files', () => {
  for (const kind of ['ec-p256', 'ec-p384', 'rsa-2048'] as const satisfies KeyKind[]) {
    it(`opens a key of kind ${kind} that it made, and signs with it`, () =>
      inDirectory(async (directory) => {
        const made = await provider(directory).create('root', kind)
        const opened = await provider(directory).open('root')
        assert.equal(opened.keyKind, kind)
        assert.deepEqual(opened.spki, made.spki)
        const hash = kind === 'ec-p384' ? 'sha384' : 'sha256'
        assert.ok(verify(hash, data, made.publicKey, await opened.sign(data)))
      }))
  }

  it('writes files of mode 0600 in a directory of mode 0700, and leaves nothing else there', () =>
    inDirectory(async (directory) => {
      await provider(directory).create('root', 'ec-p256')
      assert.equal((await stat(directory)).mode & 0o777, 0o700)
      assert.equal((await stat(join(directory, 'root.key.json'))).mode & 0o777, 0o600)
      assert.deepEqual(await readdir(directory), ['root.key.json'])
    }))

  it('writes the private key nowhere in the clear', () =>
    inDirectory(async (directory) => {
      await provider(directory).create('root', 'ec-p256')
      const file = JSON.parse(await readFile(join(directory, 'root.key.json'), 'utf8'))
      const ciphertext = Buffer.from(file.ciphertext, 'base64url')
      // The OID of EC keys stands in every PKCS#8 of one.
      assert.ok(!ciphertext.includes(Buffer.from('2a8648ce3d0201', 'hex')))
      assert.deepEqual(Object.keys(file), [
        'version',
        'name',
        'kind',
        'kdf',
        'cipher',
        'ciphertext',
      ])
    }))

  it('lists the names of its keys, and none where there is no directory', () =>
    inDirectory(async (directory) => {
      const keys = provider(directory)
      assert.deepEqual(await keys.list(), [])
      await keys.create('service-root', 'ec-p256')
      await keys.create('device-ca.wallet', 'ec-p256')
      await writeFile(join(directory, 'notes.txt'), '')
      assert.deepEqual(await keys.list(), ['device-ca.wallet', 'service-root'])
    }))

  it('never replaces a key', () =>
    inDirectory(async (directory) => {
      const keys = provider(directory)
      const { spki } = await keys.create('root', 'ec-p256')
      await assert.rejects(keys.create('root', 'ec-p256'), { code: 'key_exists' })
      assert.deepEqual((await keys.open('root')).spki, spki)
      assert.deepEqual(await readdir(directory), ['root.key.json'])
    }))

  it('makes one key where two processes make the same at once', () =>
    inDirectory(async (directory) => {
      const results = await Promise.allSettled(
        [provider(directory), provider(directory), provider(directory)].map((keys) =>
          keys.create('root', 'ec-p256'),
        ),
      )
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    }))

  it('says that there is no such key', () =>
    inDirectory(async (directory) => {
      await assert.rejects(provider(directory).open('root'), { code: 'key_missing' })
      await provider(directory).create('root', 'ec-p256')
      await assert.rejects(provider(directory).open('other'), { code: 'key_missing' })
    }))

  it('refuses a wrong passphrase', () =>
    inDirectory(async (directory) => {
      await provider(directory).create('root', 'ec-p256')
      await assert.rejects(provider(directory, 'wrong').open('root'), {
        code: 'key_passphrase_wrong',
      })
    }))

  it('refuses an empty passphrase, and asks again the next time', () =>
    inDirectory(async (directory) => {
      const answers = ['', 'correct horse']
      const keys = fileKeyProvider({
        directory,
        passphrase: () => Promise.resolve(answers.shift() ?? ''),
        scryptCost,
      })
      await assert.rejects(keys.create('root', 'ec-p256'), { code: 'key_passphrase_required' })
      await keys.create('root', 'ec-p256')
    }))

  it('takes a passphrase typed in either form of Unicode', () =>
    inDirectory(async (directory) => {
      await provider(directory, 'caf\u00e9').create('root', 'ec-p256')
      await provider(directory, 'cafe\u0301').open('root')
    }))

  for (const mode of [0o640, 0o604, 0o644, 0o660]) {
    it(`refuses a file of mode ${mode.toString(8)}`, () =>
      inDirectory(async (directory) => {
        await provider(directory).create('root', 'ec-p256')
        await chmod(join(directory, 'root.key.json'), mode)
        await assert.rejects(provider(directory).open('root'), {
          code: 'key_file_permissions',
          found: `mode 0${mode.toString(8)}`,
        })
      }))
  }

  it('refuses a directory that others can enter, for reading and for writing', () =>
    inDirectory(async (directory) => {
      await provider(directory).create('root', 'ec-p256')
      await chmod(directory, 0o755)
      await assert.rejects(provider(directory).open('root'), { code: 'key_file_permissions' })
      await assert.rejects(provider(directory).create('more', 'ec-p256'), {
        code: 'key_file_permissions',
      })
    }))

  it('refuses a file that was given another name', () =>
    inDirectory(async (directory) => {
      await provider(directory).create('development-root', 'ec-p256')
      const [from, to] = [
        join(directory, 'development-root.key.json'),
        join(directory, 'root.key.json'),
      ]
      await rename(from, to)
      await assert.rejects(provider(directory).open('root'), { code: 'key_file_malformed' })
      await change(to, { name: 'root' })
      await assert.rejects(provider(directory).open('root'), { code: 'key_passphrase_wrong' })
    }))

  it('refuses a file in which one bit of the ciphertext was changed', () =>
    inDirectory(async (directory) => {
      await provider(directory).create('root', 'ec-p256')
      const path = join(directory, 'root.key.json')
      const { ciphertext } = JSON.parse(await readFile(path, 'utf8'))
      const bytes = Buffer.from(ciphertext, 'base64url')
      bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9)
      await change(path, { ciphertext: bytes.toString('base64url') })
      await assert.rejects(provider(directory).open('root'), { code: 'key_passphrase_wrong' })
    }))

  const edits: readonly [why: string, code: string, members: Record<string, unknown>][] = [
    ['a kind that it is not', 'key_passphrase_wrong', { kind: 'ec-p384' }],
    ['a tag of four bytes', 'key_file_malformed', { 'cipher.tag': 'AAAAAA' }],
    ['an iv of another length', 'key_file_malformed', { 'cipher.iv': 'AAAA' }],
    ['another cipher', 'key_file_malformed', { 'cipher.name': 'aes-256-cbc' }],
    ['another version', 'key_file_malformed', { version: 2 }],
    ['no kdf', 'key_file_malformed', { kdf: null }],
    ['a salt of one byte', 'key_file_malformed', { 'kdf.salt': 'AA' }],
    ['a cost so low that guessing is free', 'key_file_malformed', { 'kdf.N': 2 }],
    ['a cost that would take all memory', 'key_file_malformed', { 'kdf.N': 2 ** 30 }],
    ['a cost that is no power of two', 'key_file_malformed', { 'kdf.N': 2 ** 17 + 1 }],
    ['a cost that is text', 'key_file_malformed', { 'kdf.N': '131072' }],
    ['a block size out of bounds', 'key_file_malformed', { 'kdf.r': 1_000 }],
    ['N and r too large together', 'key_file_malformed', { 'kdf.N': 2 ** 20, 'kdf.r': 16 }],
    ['a parallelization out of bounds', 'key_file_malformed', { 'kdf.p': 1_000_000 }],
    ['a ciphertext that is no base64url', 'key_file_malformed', { ciphertext: '*'.repeat(200) }],
  ]
  for (const [why, code, members] of edits) {
    it(`refuses a file with ${why}, at once`, () =>
      inDirectory(async (directory) => {
        await provider(directory).create('root', 'ec-p256')
        await change(join(directory, 'root.key.json'), members)
        const started = performance.now()
        await assert.rejects(provider(directory).open('root'), { code })
        assert.ok(performance.now() - started < 2_000)
      }))
  }

  for (const [why, text] of [
    ['no JSON', '{'],
    ['no object', 'null'],
    ['a list', '[]'],
    ['too much', 'x'.repeat(70_000)],
  ] as const) {
    it(`refuses a file that is ${why}`, () =>
      inDirectory(async (directory) => {
        await mkdir(directory, { mode: 0o700 })
        await writeFile(join(directory, 'root.key.json'), text, { mode: 0o600 })
        await assert.rejects(provider(directory).open('root'), { code: 'key_file_malformed' })
      }))
  }

  for (const name of ['../root', 'a/b', '', '.hidden', 'UPPER', 'a\0b', 'x'.repeat(101)]) {
    it(`calls the name ${JSON.stringify(name).slice(0, 20)} a mistake of the caller`, () =>
      inDirectory(async (directory) => {
        await assert.rejects(async () => provider(directory).open(name), TypeError)
      }))
  }
})
