import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { appAttestService } from '../../src/apple/app-attest-service.ts'
import { scratchDirectory } from '../scratch-directory.ts'

test('no counter is given twice, however many assertions are under way, and over restarts', async (t) => {
  const directory = scratchDirectory(t)
  const service = appAttestService(directory)
  await service.generate('key-1')
  const given = await Promise.all(
    Array.from({ length: 20 }, (_, index) => service.advance('key-1', `key-${index + 2}`)),
  )
  const counters = given.map((each) => each?.counter ?? 0)
  assert.deepEqual(
    counters.toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, index) => index + 1),
  )
  const restarted = await appAttestService(directory).advance('key-7', 'key-30')
  assert.equal(restarted?.counter, 21)
  assert.equal(restarted?.key.keyId, given[0]?.key.keyId)
})

test('a key is kept, for its owner alone, as long as it vouches for one that is there', async (t) => {
  const directory = scratchDirectory(t)
  const path = join(directory, 'app-attest.json')
  const service = appAttestService(directory)
  await service.forget('key-1')
  assert.equal(existsSync(path), false)
  const { keyId } = await service.generate('key-1')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  await service.advance('key-1', 'key-2')
  await service.forget('key-1')
  assert.ok(readFileSync(path, 'utf8').includes(keyId))
  await service.forget('key-2')
  assert.ok(!readFileSync(path, 'utf8').includes(keyId))
  assert.equal(await service.advance('key-2', 'key-3'), undefined)
})
