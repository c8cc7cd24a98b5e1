import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { test } from 'node:test'
import { fileProblem } from '../../src/files/file-problem.ts'
import { writeFileAtomically } from '../../src/files/write-file.ts'
import { newFolder, sallyport } from '../sallyport.ts'

function thrownBy(work: () => void): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return assert.fail('it must throw')
}

test('a failure of the file system names the file and what the system said', () => {
  const file = path.join(newFolder(), 'a')
  writeFileSync(file, '')
  const problem = fileProblem(thrownBy(() => writeFileAtomically(path.join(file, 'b', 'c'), '')))
  assert.equal(problem?.code, 'file_failed')
  assert.match(problem.detail ?? '', /^mkdir .*\/a\/b$/)
  assert.equal(problem.found, 'ENOTDIR: not a directory')
})

test('a connection that fails is no matter of files', async () => {
  const error = await new Promise((resolve) => connect(1, '127.0.0.1').on('error', resolve))
  assert.equal(fileProblem(error), undefined)
  assert.equal(fileProblem(new Error('any other')), undefined)
})

test('a file that cannot be put in its place leaves nothing beside it', () => {
  const directory = newFolder()
  writeFileAtomically(path.join(directory, 'taken', 'inside'), '')
  thrownBy(() => writeFileAtomically(path.join(directory, 'taken'), 'x'))
  assert.deepEqual(readdirSync(directory), ['taken'])
})

test('a folder that cannot be made is told without a stack', async () => {
  const file = path.join(newFolder(), 'a')
  writeFileSync(file, '')
  const { code, stderr } = await sallyport(['dev', '--dir', path.join(file, 'dev')])
  assert.equal(code, 3)
  assert.match(stderr, /could not be read or written: mkdir \S+\/a\/dev/)
  assert.doesNotMatch(stderr, /\.js:\d/)
})
