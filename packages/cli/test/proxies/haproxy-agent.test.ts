import assert from 'node:assert/strict'
import { once } from 'node:events'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ask, open, openWebSocket, placeOf } from '../acceptance/connection.ts'
import {
  editFile,
  enrollDevice,
  type Identity,
  ownIdentity,
} from '../acceptance/edited-development.ts'
import { foreignDevice } from '../acceptance/foreign-device.ts'
import { hasPrograms, isInstalled } from '../acceptance/program.ts'
import { makeGatewayIdentity } from '../acceptance/service-root.ts'
import { startService } from '../acceptance/service.ts'
import { type Development, endLeftOver, sallyport } from '../sallyport.ts'
import { startDecided } from './decided-deployment.ts'
import { forgedDevice } from './forged-device.ts'
import { holdStream } from './held-stream.ts'
import { type RealProxy, startProxy } from './real-proxy.ts'
import { type RunningAgent, startAgent } from './running-agent.ts'

describe('HAProxy with the agent', () => {
  let service: Awaited<ReturnType<typeof startService>>
  let dev: Development
  let agent: RunningAgent | undefined
  let proxy: RealProxy | undefined
  before(async () => {
    if (!isInstalled('haproxy')) return
    service = await startService()
    dev = await startDecided(service.url, service.url, 'issued')
    agent = await startAgent(await configOfAgent(dev))
    proxy = await startProxy('haproxy-agent', dev.facts.configFile, ['--lists', agent.lists])
  })
  after(async () => {
    await proxy?.end()
    await agent?.end()
    await dev?.end()
    await service?.close()
    endLeftOver()
  })

  const place = () => ({ ...placeOf(dev.facts, 'api.test'), port: proxy?.port ?? 0 })
  const askOnce = async (identity: Partial<Identity>, at = '/v1/account') => {
    const socket = await open(place(), identity)
    try {
      return await ask(socket, place(), at)
    } finally {
      socket.destroy()
    }
  }
  const change = async (verb: string, id: string) => {
    const config = ['--config', dev.facts.configFile, '--yes', '--reason', 'test']
    const { code, stderr } = await sallyport(['devices', verb, id, ...config])
    assert.ok(code === 0, stderr)
  }
  const eventually = async (identity: Partial<Identity>, status: number) => {
    let last = ''
    for (let tries = 0; tries < 400; tries++) {
      const answer = await askOnce(identity)
      if (answer.status === status) return answer
      last = answer.text
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`no ${status}: ${last} ${agent?.said().slice(-500)}`)
  }

  test('lets devices in, and nobody else', async (t) => {
    if (!hasPrograms(t, 'haproxy')) return
    const served = await eventually(ownIdentity(dev), 200)
    assert.match(served.text, /"client-cert":":/)
    assert.match((await askOnce({})).text, /^HTTP\/1.1 401 [^]*device_certificate_required/)
    const stranger = await askOnce(foreignDevice())
    assert.match(stranger.text, /^HTTP\/1.1 401 [^]*device_certificate_untrusted/)
    const forged = await askOnce(await forgedDevice(dev))
    assert.match(forged.text, /^HTTP\/1.1 401 [^]*device_certificate_untrusted/)
    assert.equal((await askOnce(ownIdentity(dev), '/nothing')).status, 404)
  })

  test('stands in the list of gateways, says what it did about a change, and how far it is', async (t) => {
    if (!hasPrograms(t, 'haproxy')) return
    const device = await enrollDevice(dev)
    await eventually(device, 200)
    const config = ['--config', dev.facts.configFile, '--json']
    const revoked = await sallyport(['devices', 'revoke', device.id, '--yes', ...config])
    const { gateways } = JSON.parse(revoked.stdout) as {
      gateways: { gateway: string; state: string }[]
    }
    // It may hear of the change in the snapshot that it begins with.
    const { state } = gateways.find(({ gateway }) => gateway === agentName) ?? {}
    assert.match(state ?? 'unknown', /^(?:applied|snapshot)$/)
    const listed = await sallyport(['gateways', 'list', ...config])
    const rows = JSON.parse(listed.stdout) as { name: string; role: string; behind: number }[]
    const row = rows.find(({ name }) => name === agentName)
    assert.equal(row?.role, 'haproxy-agent')
    assert.equal(row.behind, 0)
  })

  test('refuses a suspended device until it is resumed', async (t) => {
    if (!hasPrograms(t, 'haproxy')) return
    const device = await enrollDevice(dev)
    await eventually(device, 200)
    await change('suspend', device.id)
    await eventually(device, 403)
    await change('resume', device.id)
    await eventually(device, 200)
  })

  test('ends what a revoked device has open: connection, stream and WebSocket', async (t) => {
    if (!hasPrograms(t, 'haproxy')) return
    const device = await enrollDevice(dev)
    await eventually(device, 200)
    const kept = await open(place(), device)
    assert.equal((await ask(kept, place(), '/v1/account')).status, 200)
    const stream = await holdStream(place(), device)
    const socket = await openWebSocket(place(), device)
    const ends = Promise.all([once(socket, 'close'), stream.ended])
    await change('revoke', device.id)
    await ends
    assert.equal((await ask(kept, place(), '/v1/account')).status, 403)
    kept.destroy()
    stream.destroy()
    assert.match(
      readFileSync(path.join(agent?.lists ?? '', 'agent.prom'), 'utf8'),
      /sallyport_agent_feed_sequence \d+/,
    )
  })

  test('knows everything again after a restart of HAProxy', async (t) => {
    if (!hasPrograms(t, 'haproxy') || proxy === undefined) return
    const device = await enrollDevice(dev)
    await eventually(device, 200)
    await change('revoke', device.id)
    await eventually(device, 403)
    await proxy.restart()
    assert.equal((await askOnce(device)).status, 403)
    assert.equal((await askOnce(ownIdentity(dev))).status, 200)
    // One that begins with nothing is told all that there is.
    writeFileSync(path.join(agent?.lists ?? '', 'devices.acl'), '')
    await proxy.restart()
    await eventually(device, 403)
    const before = agent?.said().length ?? 0
    const other = await enrollDevice(dev)
    await change('revoke', other.id)
    await eventually(other, 403)
    assert.match(agent?.said().slice(before - 2_000) ?? '', /HAProxy knows everything/)
  })

  test('lets in what the registry issued, and nothing that it does not know', async (t) => {
    if (!hasPrograms(t, 'haproxy')) return
    const device = await enrollDevice(dev)
    await eventually(device, 200)
    const list = path.join(agent?.lists ?? '', 'issued.acl')
    const thumbprint = thumbprintOf(device.cert)
    const runtime = path.join(agent?.lists ?? '', 'haproxy.sock')
    assert.match(await tellHaproxy(runtime, `show acl ${list}`), new RegExp(thumbprint))
    await tellHaproxy(runtime, `del acl ${list} ${thumbprint}`)
    // As one of a stolen CA key: for moments it may be that the feed has not told of it.
    const unknown = await askOnce(device)
    assert.match(unknown.text, /^HTTP\/1.1 503 [^]*device_not_yet_known/)
    await tellHaproxy(runtime, `add acl ${list} ${thumbprint}`)
    assert.equal((await askOnce(device)).status, 200)
  })

  test('refuses everybody within a second of the revocation of its own identity, also after a restart', async (t) => {
    if (!hasPrograms(t, 'haproxy') || proxy === undefined) return
    await eventually(ownIdentity(dev), 200)
    const config = ['--config', dev.facts.configFile, '--yes', '--reason', 'machine stolen']
    const revoked = await sallyport(['gateways', 'revoke', agentName, ...config])
    assert.ok(revoked.code === 0, revoked.stderr)
    const answered = performance.now()
    const refused = await eventually(ownIdentity(dev), 503)
    t.diagnostic(`${(performance.now() - answered).toFixed(0)} ms after the answer`)
    assert.match(refused.text, /status_stale/)
    assert.ok(performance.now() - answered < 1_000)
    await proxy.restart()
    assert.equal((await askOnce(ownIdentity(dev))).status, 503)
  })
})

const agentName = 'haproxy-1'

/** What `ssl_c_der,sha2(256),hex` is. */
const thumbprintOf = (cert: string): string =>
  new X509Certificate(cert).fingerprint256.replaceAll(':', '')

/** One command of HAProxy's runtime API. */
function tellHaproxy(socket: string, command: string): Promise<string> {
  const connection = connect(socket)
  connection.write(`${command}\n`)
  return text(connection)
}

/** The configuration of the deployment, under an identity of the agent's own. */
async function configOfAgent(dev: Development): Promise<string> {
  const directory = path.dirname(dev.facts.configFile)
  const { cert, key } = await makeGatewayIdentity(dev, agentName)
  const at = (name: string) => path.join(directory, name)
  writeFileSync(at(`${agentName}.crt`), cert)
  writeFileSync(at(`${agentName}.key`), key, { mode: 0o600 })
  const file = at(`${agentName}.yaml`)
  writeFileSync(file, readFileSync(dev.facts.configFile))
  editFile(file, ({ gateway }) => {
    const certificateFile = `${agentName}.crt`
    Object.assign(gateway.authority, { certificateFile, keyFile: `${agentName}.key` })
  })
  return file
}
