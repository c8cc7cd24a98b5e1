import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Peer, RunningPeer } from '../peers/peer.ts'
import { addedFieldNames } from '../site/added-fields.ts'
import type { Site } from '../site/site.ts'
import { echoPath } from '../upstream/upstream.ts'

const logTimeoutMs = 5_000
const readyTimeoutMs = 10_000

/**
 * Holds a started gateway to what is compared: it adds the fields, and writes a JSON line a request.
 *
 * @throws Error what it lacks; a comparison with it would be worth nothing
 */
export async function checkPeer(peer: Peer, running: RunningPeer, site: Site): Promise<void> {
  const head = (await firstEcho(running, site)).toLowerCase()
  const lacking = addedFieldNames.filter((name) => !head.includes(`\r\n${name.toLowerCase()}: `))
  if (lacking.length > 0) {
    throw new Error(
      `${peer.name} does not add ${lacking.join(', ')}; the service was sent:\n${head}`,
    )
  }
  await awaitLogLine(peer, running.accessLog)
}

/** A gateway whose port is open may still be learning whom to let in. */
async function firstEcho(running: RunningPeer, site: Site): Promise<string> {
  const deadline = performance.now() + readyTimeoutMs
  for (;;) {
    try {
      return await echo(running, site)
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(100)
    }
  }
}

/** The head of a request as the service received it from the gateway. */
async function echo(running: RunningPeer, site: Site): Promise<string> {
  const sent = request({
    host: '127.0.0.1',
    port: running.port,
    servername: site.serverName,
    path: echoPath,
    headers: { host: site.serverName, authorization: site.authorization },
    ca: readFileSync(site.serverCaFile),
    cert: readFileSync(site.device.certificateFile),
    key: readFileSync(site.device.keyFile),
    agent: false,
  }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const content = await text(response)
  if (response.statusCode !== 200) {
    throw new Error(`expected 200, found ${response.statusCode}: ${content}`)
  }
  return content
}

async function awaitLogLine(peer: Peer, file: string): Promise<void> {
  const deadline = performance.now() + logTimeoutMs
  while (performance.now() < deadline) {
    if (readFileSync(file, 'utf8').split('\n').some(isRequestLine)) return
    await delay(50)
  }
  throw new Error(`${peer.name} wrote no JSON line of a request to ${file}`)
}

function isRequestLine(line: string): boolean {
  if (!line.startsWith('{') || !line.includes(echoPath)) return false
  return typeof JSON.parse(line) === 'object'
}
