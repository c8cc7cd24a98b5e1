import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { newFolder, sallyport } from '../sallyport.ts'

const cwd = newFolder()
const nobody = ['--connect', '127.0.0.1:1', '--timeout', '1']

const noHosts = [
  '192.0.2.1',
  '[::1]:443',
  'a..b',
  '-a.example',
  'a b',
  'x:0',
  'a/../b',
  '*.example.com',
  '①.2.3.4',
  'a%2eb',
  'user@a.example',
  'a\n.example',
  '',
  '127.1',
  '0x7f000001',
  'a.example:65536',
]
for (const host of noHosts) {
  test(`pins init takes no ${JSON.stringify(host)}, and writes nothing`, async () => {
    const { code, stderr } = await sallyport(['pins', 'init', ...nobody, '--', host], { cwd })
    assert.equal(code, 2, stderr)
    assert.match(stderr, /not a host/)
    assert.equal(existsSync(path.join(cwd, 'pins.yaml')), false)
  })
}

for (const [given, name] of [
  ['API.Example.com.', 'api.example.com'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
] as const) {
  test(`${given} is looked at as ${name}, as certificates have it`, async () => {
    const { code, stderr } = await sallyport(['pins', 'init', given, ...nobody], { cwd })
    assert.equal(code, 3)
    assert.ok(stderr.includes(`: ${name}:443 gave no certificates`), stderr)
  })
}

test('a file of pins that is a pipe, a device or a folder is refused at once, by every command', async () => {
  execFileSync('mkfifo', [path.join(cwd, 'pins.pipe')])
  const commands = [
    ['check'],
    ['explain'],
    ['plan'],
    ['generate', '--target', 'okhttp'],
    ['init', 'a.example', ...nobody],
    ['add', 'x.pem'],
    ['backup', '--out', 'x'],
  ]
  for (const file of ['pins.pipe', '/dev/zero', '.']) {
    for (const command of commands) {
      const { code, stderr } = await sallyport(['pins', ...command, '--file', file], { cwd })
      assert.equal(code, 3, `${command.join(' ')} --file ${file}: ${stderr}`)
      assert.match(stderr, /: it is a (?:pipe|device|directory), and no file/)
    }
  }
})

test('a configuration and answers that are a pipe are refused at once', async () => {
  execFileSync('mkfifo', [path.join(cwd, 'sallyport.pipe')])
  for (const command of [
    ['config', 'validate', '--config', 'sallyport.pipe'],
    ['assess', 'sallyport.pipe'],
  ]) {
    const { code, stderr } = await sallyport(command, { cwd })
    assert.notEqual(code, 0)
    assert.match(stderr, /sallyport\.pipe: it is a pipe, and no file/)
  }
})

test('a certificate that is a pipe or a device is refused, not waited for', async () => {
  execFileSync('mkfifo', [path.join(cwd, 'pipe')])
  for (const certificate of ['pipe', '/dev/zero']) {
    const host = `api.example.com: { pins: [{ role: root, certificate: ${certificate} }] }`
    writeFileSync(path.join(cwd, 'named.yaml'), `version: 1\nhosts: { ${host} }\n`)
    const { code, stderr } = await sallyport(['pins', 'explain', '--file', 'named.yaml'], { cwd })
    assert.equal(code, 3)
    assert.match(stderr, /it is a (?:pipe|device), and no file/)
    assert.equal(
      (await sallyport(['pins', 'add', certificate, '--file', 'x.yaml'], { cwd })).code,
      3,
    )
  }
})
