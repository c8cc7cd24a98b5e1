import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { newFolder, sallyport } from '../sallyport.ts'
import { pinnedHost, startPinnedServer } from './pinned-server.ts'

let server: Awaited<ReturnType<typeof startPinnedServer>>
const cwd = newFolder()

before(async () => {
  server = await startPinnedServer(cwd)
  const args = ['init', pinnedHost, '--ca', 'root.pem', '--connect', server.address]
  assert.equal((await sallyport(['pins', ...args], { cwd })).code, 0)
})
after(() => server.close())

/** The file with its one host under several names, all of the same pins. */
function namesInFile(file: string, names: readonly string[]): void {
  const [head = '', host = ''] = readFileSync(path.join(cwd, 'pins.yaml'), 'utf8').split(
    `  ${pinnedHost}:\n`,
  )
  const allowed = `${host}    allowWithoutBackup: true\n`
  const hosts = names.map((name) => `  ${name}:\n${allowed}`)
  writeFileSync(path.join(cwd, file), head + hosts.join(''))
}

test('one server that is away hides nothing of the others, and the exit code tells of it', async () => {
  namesInFile('three.yaml', ['one.example.com', 'two.example.com', 'away.example.com'])
  const check = (...more: readonly string[]) => {
    const args = ['pins', 'check', '--file', 'three.yaml', '--timeout', '2', ...more]
    return sallyport([...args, '--connect', 'away.example.com=127.0.0.1:1'], { cwd })
  }
  const good = await check('--connect', server.address)
  assert.equal(good.code, 3, good.stdout)
  assert.match(good.stdout, /✓ one\.example\.com/)
  assert.match(good.stdout, /✓ two\.example\.com/)
  assert.match(good.stdout, /\? away\.example\.com, live: not looked at: .*ECONNREFUSED/)
  assert.match(good.stderr, /2 fine, .* 0 broken, 1 not seen/)
  server.show('stranger')
  const bad = await check('--connect', server.address)
  server.show('first')
  assert.equal(bad.code, 1, bad.stdout)
  assert.match(bad.stdout, /✗ one\.example\.com/)
  assert.match(bad.stdout, /\? away\.example\.com/)
})

test('hundreds of hosts are asked a few at a time', async (t) => {
  let open = 0
  let most = 0
  const slow = createServer((socket) => {
    open += 1
    most = Math.max(most, open)
    socket.on('error', () => {})
    socket.on('close', () => {
      open -= 1
    })
    setTimeout(() => socket.destroy(), 20)
  })
  slow.listen(0, '127.0.0.1')
  await once(slow, 'listening')
  t.after(() => slow.close())
  const address = slow.address()
  assert.ok(address !== null && typeof address === 'object')
  namesInFile(
    'many.yaml',
    Array.from({ length: 200 }, (_, index) => `h${index}.example.com`),
  )
  const connect = ['--connect', `127.0.0.1:${address.port}`]
  const { code, stdout } = await sallyport(['pins', 'check', '--file', 'many.yaml', ...connect], {
    cwd,
  })
  assert.equal(code, 3)
  assert.equal(stdout.match(/not looked at/g)?.length, 200)
  assert.ok(most <= 40, `${most} at once`)
})
