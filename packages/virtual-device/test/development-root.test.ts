import assert from 'node:assert/strict'
import { rmSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { certificatesFromPem, isIssuedBy } from '@sallyport/pki'
import {
  developmentRootFiles,
  keepDevelopmentRoot,
  makeDevelopmentRoot,
  openDevelopmentRoot,
} from '../src/index.ts'
import { scratchDirectory } from './scratch-directory.ts'

test('a root that is kept is made once, and readable by its owner alone', async (t) => {
  const directory = scratchDirectory(t)
  const made = await keepDevelopmentRoot(directory)
  const again = await keepDevelopmentRoot(directory)
  assert.equal(again.pem, made.pem)
  assert.deepEqual(again.key.export({ format: 'jwk' }), made.key.export({ format: 'jwk' }))
  for (const file of Object.values(developmentRootFiles(directory))) {
    assert.equal(statSync(file).mode & 0o777, 0o600)
  }
})

test('a root whose making was interrupted is made anew', async (t) => {
  const directory = scratchDirectory(t)
  const made = await keepDevelopmentRoot(directory)
  rmSync(developmentRootFiles(directory).certificateFile)
  const again = await keepDevelopmentRoot(directory)
  assert.notEqual(again.pem, made.pem)
  assert.equal(openDevelopmentRoot(directory).pem, again.pem)
})

test('it is self-signed, and another of the same name is another', () => {
  const [one, other] = [makeDevelopmentRoot(), makeDevelopmentRoot()]
  assert.ok(isIssuedBy(one.certificate, one.certificate))
  assert.deepEqual(other.name, one.name)
  assert.equal(isIssuedBy(other.certificate, one.certificate), false)
  assert.equal(certificatesFromPem(one.pem).length, 1)
})
