import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { newFolder, sallyport } from '../sallyport.ts'

const cwd = newFolder()
const nobody = ['--connect', '127.0.0.1:1', '--timeout', '1']

for (const host of ['192.0.2.1', '[::1]:443', 'a..b', '-a.example', 'a b', 'x:0', 'a/../b']) {
  test(`pins init takes no ${host}, and writes nothing`, async () => {
    const { code, stderr } = await sallyport(['pins', 'init', ...nobody, '--', host], { cwd })
    assert.equal(code, 2, stderr)
    assert.match(stderr, /not a host/)
    assert.equal(existsSync(path.join(cwd, 'pins.yaml')), false)
  })
}

test('the dot at the end of a name, and its capitals, are left out', async () => {
  const { code, stderr } = await sallyport(['pins', 'init', 'API.Example.com.', ...nobody], { cwd })
  assert.equal(code, 3)
  assert.match(stderr, /: api\.example\.com:443 gave no certificates/)
})

test('a certificate that is a pipe or a device is refused, not waited for', async () => {
  execFileSync('mkfifo', [path.join(cwd, 'pipe')])
  for (const certificate of ['pipe', '/dev/zero']) {
    const host = `api.example.com: { pins: [{ role: root, certificate: ${certificate} }] }`
    writeFileSync(path.join(cwd, 'named.yaml'), `version: 1\nhosts: { ${host} }\n`)
    const { code, stderr } = await sallyport(['pins', 'explain', '--file', 'named.yaml'], { cwd })
    assert.equal(code, 3)
    assert.match(stderr, /is no file/)
    assert.equal(
      (await sallyport(['pins', 'add', certificate, '--file', 'x.yaml'], { cwd })).code,
      3,
    )
  }
})
