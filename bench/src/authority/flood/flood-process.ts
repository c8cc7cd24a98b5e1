// Offers a bogus request many times at once, each on a connection of its own, from many addresses.
import { readFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { constants, setPriority } from 'node:os'
import { setImmediate as nextRound } from 'node:timers/promises'
import { connect as connectTls, createSecureContext } from 'node:tls'

const [requestFile = '', origin = '', times = '0', atOnce = '0', addresses = '1'] =
  process.argv.slice(2)
const request = readFileSync(requestFile)
const { protocol, hostname: host, port } = new URL(origin)
// Made once, and with a cheap key: what a client costs itself makes its flood thinner.
const secureContext = createSecureContext({ ecdhCurve: 'X25519' })
/** Begun in one round of the event loop, so that the first are on their way before the last are begun. */
const atATime = 100
const outcomes: Record<string, number> = {}
/** A connection that is neither answered nor closed by then. */
const patienceMs = 60_000

// Where it is not scheduled as idle already.
setPriority(constants.priority.PRIORITY_LOW)

function offerOne(index: number): Promise<string> {
  const to = { host, port: Number(port), localAddress: addressOf(index % Number(addresses)) }
  return new Promise((resolve) => {
    let text = ''
    const socket: Socket =
      protocol === 'https:'
        ? connectTls({ ...to, secureContext, rejectUnauthorized: false }, () =>
            socket.write(request),
          )
        : connectTcp(to, () => socket.write(request))
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('silent')))
    socket.on('data', (piece: Buffer) => {
      if (text.length < 1_000) text += piece.toString('latin1')
    })
    socket.on('end', () => socket.destroy())
    // Also one that was answered may be reset: what it sent was not read to its end.
    socket.on('error', () => {})
    socket.on('close', () => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 'closed'
      resolve(/"code":"([a-z_0-9]+)"/.exec(text)?.[1] ?? status)
    })
  })
}

/** Of the loopback network, all of which is this machine: 127.1.0.1 and so on. */
function addressOf(index: number): string {
  return `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`
}

let next = 0
async function lane(): Promise<void> {
  while (next < Number(times)) {
    const outcome = await offerOne(next++)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
}

const startedAt = performance.now()
const lanes: Promise<void>[] = []
while (lanes.length < Number(atOnce)) {
  lanes.push(lane())
  if (lanes.length % atATime === 0) await nextRound()
}
await Promise.all(lanes)
process.stdout.write(
  `${JSON.stringify({ seconds: (performance.now() - startedAt) / 1_000, outcomes })}\n`,
)
