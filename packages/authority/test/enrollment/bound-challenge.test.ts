import assert from 'node:assert/strict'
import https from 'node:https'
import { after, before, test } from 'node:test'
import { devicePaths } from '@sallyport/wire'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import type { CallOptions } from '../fixture/http-call.ts'
import { enrollmentOf, makeKey, takeChallenge } from '../fixture/phone.ts'

const apps = `
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], bindChallengeToConnection: true }
  shop:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development], bindChallengeToConnection: true }
  free:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development] }
  tried:
    enrollment: { mode: shadow, evidence: [development], bindChallengeToConnection: true }
`
let deployment: Deployment
const agents: https.Agent[] = []
before(async () => {
  deployment = await deploy({ apps })
})
after(async () => {
  for (const agent of agents) agent.destroy()
  await deployment.close()
})

/** One TLS connection, kept. */
function connection(options: https.AgentOptions = {}) {
  const agent = new https.Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: deployment.caPem,
    // Not resumed: a session is another connection, too.
    maxCachedSessions: 0,
    ...options,
  })
  agents.push(agent)
  return {
    device: (path: string, call: CallOptions = {}) => deployment.device(path, { ...call, agent }),
    close: () => agent.destroy(),
  }
}
const enrollOver = (over: ReturnType<typeof connection>, body: object) =>
  over.device(devicePaths.certificates, { body })

test('a challenge is good on the connection that it was handed out on, and on no other', async () => {
  const [own, other] = [connection(), connection()]
  const message = enrollmentOf(makeKey(), await takeChallenge(own))
  const relayed = await enrollOver(other, message)
  assert.equal(relayed.status, 400)
  assert.equal(relayed.body.code, 'challenge_connection_mismatch')
  assert.equal((await enrollOver(own, message)).status, 201)
})

test('a resumed session is another connection', async () => {
  const agent = { maxCachedSessions: 10 }
  const over = connection(agent)
  const message = enrollmentOf(makeKey(), await takeChallenge(over))
  const [kept] = agents.slice(-1)
  for (const sockets of Object.values(kept?.freeSockets ?? {})) {
    for (const socket of sockets ?? []) socket.destroy()
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal((await enrollOver(over, message)).body.code, 'challenge_connection_mismatch')
})

test('a message that was answered is answered again over any connection', async () => {
  const [own, other] = [connection(), connection()]
  const message = enrollmentOf(makeKey(), await takeChallenge(own))
  const first = await enrollOver(own, message)
  assert.equal(first.status, 201, first.text)
  const again = await enrollOver(other, message)
  assert.deepEqual(again.body.certificates, first.body.certificates)
  const thief = enrollmentOf(makeKey(), message.challenge)
  assert.equal((await enrollOver(other, thief)).body.code, 'challenge_used')
})

test('a challenge of another app, of a renewal, unbound or made up does not pass', async () => {
  const over = connection()
  const challenges = [
    await takeChallenge(over, 'enroll', 'shop'),
    await takeChallenge(over, 'renew'),
    await takeChallenge(over, 'enroll', 'free'),
    Buffer.alloc(32, 7).toString('base64url'),
  ]
  for (const challenge of challenges) {
    const answer = await enrollOver(over, enrollmentOf(makeKey(), challenge))
    assert.equal(answer.body.code, 'challenge_connection_mismatch')
  }
})

test('a bound challenge is not good for an app that binds none', async () => {
  const over = connection()
  const challenge = await takeChallenge(over)
  const answer = await enrollOver(over, enrollmentOf(makeKey(), challenge, 'free'))
  assert.equal(answer.body.code, 'challenge_refused')
})

test('mode shadow holds to the challenge all the same', async () => {
  const [own, other] = [connection(), connection()]
  const message = enrollmentOf(makeKey(), await takeChallenge(own, 'enroll', 'tried'), 'tried')
  const relayed = await enrollOver(other, message)
  assert.equal(relayed.body.code, 'challenge_connection_mismatch')
})

test('with TLS 1.2 no challenge is handed out, and none is taken', async () => {
  const old = connection({ maxVersion: 'TLSv1.2' })
  const asked = await old.device(devicePaths.challenges, {
    body: { appId: 'wallet', purpose: 'enroll' },
  })
  assert.equal(asked.body.code, 'challenge_connection_unbindable')
  const message = enrollmentOf(makeKey(), await takeChallenge(connection()))
  const answer = await enrollOver(old, message)
  assert.equal(answer.body.code, 'challenge_connection_unbindable')
  assert.equal(
    (
      await old.device(devicePaths.challenges, {
        body: { appId: 'free', purpose: 'enroll' },
      })
    ).status,
    200,
  )
})
