import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { ask, askOnce, closed, connect } from './support/client.ts'
import { startBed } from './support/gateway.ts'

const host = 'api.example.com'
const slow = `GET /held?ms=300 HTTP/1.1\r\nHost: ${host}\r\n\r\n`
const upgrade =
  `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

// The answer to what comes second must not be taken for the answer to the first.
const behind: Record<string, string> = {
  'a request to change to WebSocket': upgrade,
  'a request to change to another protocol': `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
  CONNECT: `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'what is no request': 'GET / HTTP/1.1\r\nno field\r\n\r\n',
  'another version of HTTP': `GET / HTTP/2.0\r\nHost: ${host}\r\n\r\n`,
}

for (const [what, bytes] of Object.entries(behind)) {
  for (const mode of ['explain', 'off']) {
    test(`${what} behind a request that waits for its answer costs that connection (${mode})`, async (t) => {
      const bed = await startBed(t, { hosts: { [host]: { clientCertificate: mode } } })
      const device = mode === 'off' ? undefined : await bed.world.device()
      const bystander = await connect(bed, device)
      assert.equal((await ask(bystander)).status, 200)
      const socket = await connect(bed, device)
      const said = everything(socket)
      socket.write(slow + bytes)
      assert.match(await said, /^(?:HTTP\/1\.1 200 |$)/)
      assert.equal((await ask(bystander)).status, 200, 'another connection goes on')
      assert.equal((await askOnce(bed, device)).status, 200)
      assert.deepEqual(
        bed.log.filter(({ message }) => /broke|replaced/.test(message)),
        [],
      )
      bystander.destroy()
    })
  }
}

test('the refusal of a request whose content cannot be told from what follows arrives', async (t) => {
  const bed = await startBed(t, { hosts: { [host]: { clientCertificate: 'off' } } })
  for (const coding of ['xchunked', 'identity', 'chunked;q=1', 'gzip']) {
    const socket = await connect(bed)
    const said = everything(socket)
    socket.write(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n` +
        `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    )
    const text = await said
    assert.match(text, /^HTTP\/1\.1 400 /, coding)
    assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, 'one answer')
  }
  assert.equal(bed.service.seen.length, 0)
})

async function everything(socket: TLSSocket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  await closed(socket)
  return text
}
