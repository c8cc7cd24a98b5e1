import assert from 'node:assert/strict'
import { spawn, type StdioOptions } from 'node:child_process'
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import { quietPorts } from '@sallyport/virtual-device'
import { developmentDomain } from '../../src/dev/development-config.ts'
import { endLeftOver, newFolder, sallyport } from '../sallyport.ts'
import { ask, open, type Place, placeOf } from './connection.ts'
import { hostLike, startEdited } from './edited-development.ts'
import { startSecondGateway } from './second-gateway.ts'

after(endLeftOver)

/** A second, which is what the service refreshes by, and what two busy processors need beside it. */
const withinMs = 30_000

test('a service that follows the authority refuses a stolen gateway once it was revoked, and takes the others', async (t) => {
  const [statusPort] = await quietPorts(1)
  const status = `http://127.0.0.1:${statusPort}`
  const keysFile = path.join(newFolder(), 'feed-keys.json')
  const { service, end } = await startGuarded(`${status}/gateways/assertion-keys`, keysFile)
  t.after(end)
  const dev = await startEdited((config) => {
    Object.assign(config.authority.listeners, { status: { listen: `127.0.0.1:${statusPort}` } })
    Object.assign(config.authority, { status: { url: status } })
    config.gateway.upstreams['guarded'] = { targets: [service] }
    Object.assign(config.gateway.upstreams['guarded'], { assertion: { audience: 'accounts' } })
    config.gateway.hosts['guarded.test'] = hostLike(config, 'off', 'guarded')
  })
  const directory = path.dirname(dev.facts.configFile)
  const second = await startSecondGateway(dev)
  t.after(async () => {
    await second.end()
    await dev.end()
  })
  copyFileSync(path.join(directory, 'certificates', 'feed-keys.json'), keysFile)
  const here = placeOf(dev.facts, 'guarded.test')
  const through = async (place: Place) => {
    const socket = await open(place)
    const answer = await ask(socket, place, '/')
    socket.destroy()
    return answer.status
  }
  /** What the thief of the second gateway's machine says to the service, without any gateway. */
  const thief = thiefOf(path.join(directory, 'state', 'gateway-2', 'assertion-keys.json'))
  const around = async () => {
    const assertion = await thief()
    const answer = await fetch(`${service}/`, { headers: { 'sallyport-assertion': assertion } })
    return answer.status === 200 ? 'answered' : ((await answer.json()) as { code: string }).code
  }

  await eventually(async () => (await through(here)) === 200)
  await eventually(async () => (await through({ ...here, port: second.port })) === 200)
  assert.equal(await around(), 'answered')

  const command = ['gateways', 'revoke', 'gateway-2', '--yes', '--config', dev.facts.configFile]
  const { code, stderr } = await sallyport(command)
  const revokedAt = performance.now()
  assert.equal(code, 0, stderr)
  await eventually(async () => (await around()) === 'assertion_invalid')
  t.diagnostic(
    `refused ${(performance.now() - revokedAt).toFixed(0)} ms after the command returned`,
  )
  assert.equal(await through(here), 200)
})

/** A service of its own, which takes what gateways of the authority vouch for. */
async function startGuarded(keysUrl: string, keysFile: string) {
  const program = new URL('../../../../verify/dist/test/guarded-process.js', import.meta.url)
  const stdio: StdioOptions = ['ignore', 'pipe', 'inherit']
  const child = spawn(process.execPath, [fileURLToPath(program), keysUrl, keysFile], { stdio })
  const exited = once(child, 'exit')
  assert.ok(child.stdout)
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  const end = async () => {
    child.kill()
    await exited
  }
  return { service: `http://127.0.0.1:${Number(port.toString())}`, end }
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`)
    await sleep(50)
  }
}

/** Signs assertions with the key of a gateway's state directory. */
function thiefOf(file: string): () => Promise<string> {
  let count = 0
  return async () => {
    const { current } = JSON.parse(readFileSync(file, 'utf8')) as { current: string }
    const key = createPrivateKey(current)
    const kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(key)))
    const now = Math.floor(Date.now() / 1_000)
    const pth = createHash('sha256').update('/').digest('base64url')
    return new SignJWT({ htm: 'GET', pth, jti: `req_stolen_${count++}`, iat: now, exp: now + 30 })
      .setIssuer(`spiffe://${developmentDomain}/gateway/gateway-2`)
      .setAudience('accounts')
      .setProtectedHeader({ alg: 'ES256', typ: 'sallyport-assertion+jwt', kid })
      .sign(key)
  }
}
