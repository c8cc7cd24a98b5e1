import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { createPhone } from './phone.ts'

const authorizationOf = (
  requests: readonly { headers: readonly (readonly [string, string])[] }[],
) => requests.map(({ headers }) => headers.find(([name]) => name === 'authorization')?.[1])

test('the access token goes with the enrolment alone, and is kept nowhere', async () => {
  const { client, server, keyStore } = createPhone()
  server.mishap = () => {
    assert.ok(!keyStore.record?.includes('secret-token'))
    return undefined
  }
  await client.enroll({ accessToken: 'secret-token' })
  assert.deepEqual(authorizationOf(server.sent(devicePaths.certificates)), ['Bearer secret-token'])
  const others = server.requests.filter(({ url }) => !url.endsWith(devicePaths.certificates))
  assert.deepEqual(new Set(authorizationOf(others)), new Set([undefined]))
  assert.ok(!JSON.stringify(await client.diagnostics()).includes('secret-token'))
})

test('a function is asked for the token when the request is sent, after a restart too', async () => {
  const phone = createPhone({ retry: { attempts: 1, baseMs: 1, maximumMs: 1 } })
  let asked = 0
  const accessToken = async () => `token-${++asked}`
  phone.server.mishap = ({ url }) =>
    url.endsWith(devicePaths.certificates) ? 'request' : undefined
  await assert.rejects(phone.client.enroll({ accessToken }), { code: 'connection_failed' })
  phone.server.mishap = () => undefined
  phone.restart()
  await phone.client.enroll({ accessToken })
  assert.deepEqual(authorizationOf(phone.server.sent(devicePaths.certificates)), [
    'Bearer token-1',
    'Bearer token-2',
  ])
})

test('what waits for approval is asked for without the token', async () => {
  const { client, server } = createPhone()
  server.approvalsLeft = 2
  await client.enroll({ accessToken: 'token' })
  assert.deepEqual(authorizationOf(server.sent(devicePaths.certificates)), [
    'Bearer token',
    undefined,
    undefined,
  ])
})

test('a token that would break the header is not sent, nor repeated in the words for it', async () => {
  const { client, server } = createPhone()
  for (const accessToken of ['se\r\ncret: x', '', 'two words', 'sécret']) {
    const refused = client.enroll({ accessToken })
    await assert.rejects(refused, (error: Error) => {
      assert.ok(error instanceof TypeError)
      assert.doesNotMatch(error.message, /cret|two words/)
      return true
    })
  }
  assert.equal(server.sent(devicePaths.certificates).length, 0)
})

test('the phone tells what it calls itself when it enrols', async () => {
  const app = { id: 'wallet', version: '1.0.0', platform: 'android', phoneId: 'a1b2c3d4' } as const
  const { client, server } = createPhone({ app })
  await client.enroll()
  const [request] = server.sent(devicePaths.certificates)
  const message = JSON.parse(new TextDecoder().decode(request?.body as Uint8Array))
  assert.equal(message.phoneId, 'a1b2c3d4')
})
