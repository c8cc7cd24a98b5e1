import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readSnapshot } from '@sallyport/authority'
import { makeDevelopmentRoot } from '@sallyport/virtual-device'
import { newFolder, type Ran, sallyport } from '../sallyport.ts'

describe('attestation snapshot', () => {
  const folder = newFolder()
  const key = path.join(folder, 'snapshot.key')
  const out = path.join(folder, 'attestation.jws')
  const documents: Record<string, string> = {
    '/root': JSON.stringify([makeDevelopmentRoot().pem]),
    '/status': JSON.stringify({
      entries: { abc: { status: 'REVOKED', reason: 'KEY_COMPROMISE' } },
    }),
  }
  let publisher: Server
  let origin = ''

  before(async () => {
    publisher = createServer((request, response) => {
      const document = documents[request.url ?? '']
      response.writeHead(document === undefined ? 404 : 200).end(document)
    })
    await new Promise<void>((resolve) => publisher.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}`
  })
  after(() => publisher.close())

  const snapshot = (...args: string[]): Promise<Ran> =>
    sallyport(['attestation', 'snapshot', ...args])
  const fetching = (status = '/status'): string[] => [
    '--roots-url',
    `${origin}/root`,
    '--status-list-url',
    `${origin}${status}`,
  ]

  test('makes a key once, for its owner alone, and never over one', async () => {
    assert.equal((await snapshot('--new-key', '--key', key)).code, 0)
    assert.equal(statSync(key).mode & 0o777, 0o600)
    const made = readFileSync(key, 'utf8')
    assert.equal((await snapshot('--new-key', '--key', key)).code, 2)
    assert.equal(readFileSync(key, 'utf8'), made)
  })

  test('signs what is published, so that a host believes it', async () => {
    const { code, stdout, stderr } = await snapshot('--key', key, '--out', out, ...fetching())
    assert.equal(code, 0, stderr)
    assert.equal(stdout, `${out}\n`)
    const publicKey = createPublicKey(readFileSync(`${key}.pub`))
    const read = await readSnapshot(readFileSync(out), { publicKey, now: Date.now() })
    assert.equal(read.roots.toString(), documents['/root'])
    assert.equal(read.statusList.toString(), documents['/status'])
  })

  test('writes nothing where something could not be fetched', async () => {
    const other = path.join(folder, 'other.jws')
    const { code, stderr } = await snapshot('--key', key, '--out', other, ...fetching('/gone'))
    assert.equal(code, 3)
    assert.match(stderr, /trust_source_unreachable/)
    assert.equal(existsSync(other), false)
  })

  for (const [what, args] of [
    ['without a key', ['--out', out]],
    ['without a place to write to', ['--key', key]],
    ['a key that is none', ['--key', out, '--out', out]],
  ] as const) {
    test(`${what} is wrong use`, async () => {
      assert.equal((await snapshot(...args, ...fetching())).code, 2)
    })
  }

  test('a key that is not there ends with 3', async () => {
    const missing = path.join(folder, 'missing.key')
    assert.equal((await snapshot('--key', missing, '--out', out, ...fetching())).code, 3)
  })
})
