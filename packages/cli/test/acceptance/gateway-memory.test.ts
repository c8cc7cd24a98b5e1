import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { SignerClient } from '@sallyport/authority'
import { fileKeyProvider } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { endLeftOver, get, newFolder, startDev } from '../sallyport.ts'

// As the tests of the authority look for keys of CAs.
const memory = '../../../../authority/dist/test/fixture/process-memory.js'
const { writableMemory } = (await import(new URL(memory, import.meta.url).href)) as {
  writableMemory(pid: number): Buffer[]
}
after(endLeftOver)

test('nothing in the memory of a gateway that serves is the passphrase, a key file of a CA or the place of the store', async (t) => {
  const dev = await startDev(path.join(newFolder(), 'dev'))
  const { facts } = dev
  assert.equal((await get(facts, facts.gateway + facts.samplePath, true)).status, 200)
  const state = path.join(path.dirname(facts.configFile), 'state')
  const passphrase = readFileSync(path.join(state, 'passphrase'), 'utf8').trim()
  const directory = path.join(state, 'keys')
  // Whoever is of this user reaches the socket, and without the secret of this start nobody is answered.
  const stranger = new SignerClient({ socket: path.join(directory, 'signer.sock') })
  await assert.rejects(
    stranger.signer.publicKey({ keyName: 'feed-key-1' }),
    (error) => isProblem(error) && error.code === 'signer_secret_wrong',
  )
  await stranger.close()
  const keys = fileKeyProvider({ directory, passphrase: async () => passphrase })
  const secrets = new Map<string, Buffer>([
    ['the passphrase', Buffer.from(passphrase)],
    ['the passphrase of the environment', Buffer.from('must not reach the gateway')],
    ['the place of the store', Buffer.from('state/sallyport.db')],
    ['the directory of the keys', Buffer.from('state/keys')],
  ])
  for (const name of await keys.list()) {
    const { ciphertext } = JSON.parse(
      readFileSync(path.join(directory, `${name}.key.json`), 'utf8'),
    ) as { ciphertext: string }
    secrets.set(`the key file ${name}`, Buffer.from(ciphertext.slice(0, 40)))
  }
  // Something that is there, so that a search which cannot find fails.
  const present = Buffer.from('gateway-1')
  let regions: Buffer[]
  try {
    regions = writableMemory(facts.gatewayPid)
  } catch (error) {
    assert.notEqual(process.env['CI'], 'true', `must not be skipped here: ${String(error)}`)
    t.skip(`the memory of another process may not be read here: ${String(error)}`)
    return
  } finally {
    await dev.end()
  }
  assert.ok(regions.some((region) => region.includes(present)))
  for (const [name, bytes] of secrets) {
    assert.ok(!regions.some((region) => region.includes(bytes)), `${name} is in memory`)
  }
})
