import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { readPidFile, removePidFile, writePidFile } from '../../src/supervise/pid-file.ts'
import { newFolder } from '../sallyport.ts'

test('a process that runs is found by its file, until the file is removed', () => {
  const file = path.join(newFolder(), 'a.pid')
  const mark = writePidFile(file)
  assert.deepEqual(readPidFile(file), mark)
  assert.equal(mark.pid, process.pid)
  removePidFile(file)
  assert.equal(readPidFile(file), undefined)
})

test('another process that was given the same number is not mistaken for it', () => {
  const file = path.join(newFolder(), 'a.pid')
  writeFileSync(file, `{"pid":${process.pid},"startedAt":"1"}\n`)
  assert.equal(readPidFile(file), undefined)
})

test('a file that is no pid file names no process', () => {
  const file = path.join(newFolder(), 'a.pid')
  for (const text of ['', '1', '{"pid":-1,"startedAt":""}', '{"pid":1e9}', '{}']) {
    writeFileSync(file, text)
    assert.equal(readPidFile(file), undefined)
  }
})
