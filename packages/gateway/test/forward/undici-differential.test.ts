import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { Client } from 'undici'
import { listen, portOf } from './edge.ts'
import { bytesOf, parseAll } from './parse-all.ts'
import { type Sample, samples } from './response-corpus.ts'

type Seen = {
  outcome: 'accepted' | 'refused' | 'incomplete'
  status?: number
  content?: string
  trailers?: Record<string, unknown>
}

test('makes of each sample what undici makes of it, but for the departures named', async () => {
  let departures = 0
  const surprises: string[] = []
  for (const sample of samples) {
    const theirs = await seenByUndici(sample)
    const expected = sample.undici?.expected ?? sample.expected
    const told = `${sample.name}: undici ${JSON.stringify(theirs).slice(0, 200)}`
    // undici tells a head or chunk that was cut off from a refusal only by the text of its error.
    const isBroken = expected !== 'accepted'
    if ((theirs.outcome !== 'accepted') !== isBroken) surprises.push(told)
    if (expected !== sample.expected) {
      departures++
      assert.notEqual(sample.undici?.why, '', `${sample.name}: the reason for the departure`)
    }
    if (theirs.outcome !== 'accepted' || sample.expected !== 'accepted') continue
    const ours = parseAll([bytesOf(sample.bytes)], {
      isHead: sample.method === 'HEAD',
      upgrades: false,
    })
    assert.equal(ours.head?.status, theirs.status, told)
    assert.equal(ours.content, theirs.content, told)
    assert.deepEqual(fieldsOf(ours.trailers ?? []), { ...theirs.trailers }, told)
  }
  assert.deepEqual(surprises, [])
  console.log(`${samples.length} samples, ${departures} departures from undici`)
  assert.ok(samples.length >= 100)
})

async function seenByUndici(sample: Sample): Promise<Seen> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(bytesOf(sample.bytes)))
  })
  await listen(server)
  const client = new Client(`http://127.0.0.1:${portOf(server)}`, {
    maxHeaderSize: 64 * 1024,
    headersTimeout: 2_000,
    bodyTimeout: 2_000,
  })
  try {
    const { statusCode, body, trailers } = await client.request({
      path: '/',
      method: sample.method ?? 'GET',
    })
    const content = Buffer.from(await body.arrayBuffer()).toString('latin1')
    return { outcome: 'accepted', status: statusCode, content, trailers }
  } catch {
    return { outcome: 'refused' }
  } finally {
    await client.destroy()
    server.close()
  }
}

function fieldsOf(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let index = 0; index < flat.length; index += 2) {
    fields[(flat[index] ?? '').toLowerCase()] = flat[index + 1] ?? ''
  }
  return fields
}
