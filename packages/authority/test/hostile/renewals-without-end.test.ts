import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import tls from 'node:tls'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { aboutTheApp, csrOf, enroll, type Phone, renew } from '../fixture/phone.ts'

let deployment: Deployment
before(async () => {
  deployment = await deploy()
})
after(() => deployment.close())

/**
 * Sends a renewal so many times over one connection, without waiting; resolves with the statuses of the answers.
 * Of many more Node would pass over what it has read, once their answers wait for the first.
 */
function pipelined(phone: Phone, times: number): Promise<Set<string>> {
  const { hostname: host, port } = new URL(deployment.authority.addresses.device)
  const body = JSON.stringify({ csr: csrOf(phone.key), ...aboutTheApp })
  const request = [
    `POST ${devicePaths.renewals} HTTP/1.1`,
    'host: localhost',
    'content-type: application/json',
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
  const { promise, resolve } = Promise.withResolvers<Set<string>>()
  const socket = tls.connect({ host, port: Number(port), ca: deployment.caPem, ...phone.tls })
  let text = ''
  const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status)
  socket.setEncoding('latin1')
  socket.on('secureConnect', () => socket.write(request.repeat(times)))
  socket.on('data', (chunk: string) => {
    text += chunk
    if (statuses().length === times) socket.destroy()
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => resolve(new Set(statuses())))
  return promise
}

test('a phone that renews without end waits for itself, and nobody else does', async () => {
  const [hostile, honest] = [await enroll(deployment), await enroll(deployment)]
  const flood = Promise.all([pipelined(hostile, 90), pipelined(hostile, 90)])
  assert.equal((await renew(deployment, honest)).status, 201)
  const [some, others] = await flood
  assert.deepEqual(new Set([...some, ...others]), new Set(['201', '503']))
  assert.equal((await renew(deployment, hostile)).status, 201)
})
