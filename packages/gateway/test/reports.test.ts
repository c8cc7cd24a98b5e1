import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askOnce, connect, connectHttp2, eventually } from './support/client.ts'
import { createForeignCa, goodExtensions } from './support/foreign.ts'
import { startBed } from './support/gateway.ts'

const host = 'api.example.com'

test('whatever strangers send, reports of it are understood', async (t) => {
  const bed = await startBed(t, {
    hosts: {
      [host]: { clientCertificate: 'explain' },
      'strict.example.com': { clientCertificate: 'require' },
    },
  })
  const stranger = await (
    await createForeignCa(`${'n'.repeat(60)}/O=${'o'.repeat(60)}/OU=${'u'.repeat(60)}`)
  ).leaf({
    extensions: goodExtensions.map((line) =>
      line.replace('phone/1', Array.from({ length: 40 }, () => 'long-'.repeat(10)).join('/')),
    ),
  })
  for (const name of [host, 'strict.example.com']) {
    const socket = await connect(bed, stranger, { host: name }).catch(() => undefined)
    socket?.write(`GET /${'%C3%A9'.repeat(1_000)}?x HTTP/1.1\r\nHost: ${'h'.repeat(2_000)}\r\n\r\n`)
    socket?.resume()
  }
  const socket = await connect(bed)
  socket.write(`GET /${'"\\'.repeat(2_000)} HTTP/1.1\r\nX: ${'"'.repeat(600)}\0\r\n\r\n`)
  const session = await connectHttp2(bed)
  for (const method of ['M'.repeat(1_000), 'GET']) {
    const stream = session.request({
      ':method': method,
      ':path': `/${'p'.repeat(9_000)}`,
      ':authority': 'a'.repeat(1_000),
    })
    stream.on('error', () => {})
    stream.resume()
  }
  await askOnce(bed, undefined, '/end')
  await eventually(() =>
    bed.authority.reports.some(({ decisions }) => decisions.some(({ path }) => path === '/end')),
  )
  await eventually(() => bed.authority.reports.some(({ handshakes }) => handshakes.length > 0))
  assert.equal(bed.authority.refused, 0)
  session.destroy()
})

test('a report that is not understood costs its records, and no receipt', async (t) => {
  const bed = await startBed(t)
  bed.authority.refuses = ({ decisions }) => decisions.length > 0
  await askOnce(bed, undefined, '/refused')
  const seq = bed.authority.change('device', 'dev_x', 'revoked')
  await askOnce(bed, undefined, '/refused')
  await eventually(() =>
    bed.authority.reports.some(({ applied }) => applied.some((change) => change.seq === seq)),
  )
  await eventually(() => bed.authority.refused > 0)
  await eventually(() => bed.authority.reports.some(({ dropped }) => dropped > 0), 7_000)
})

test('a report reaches no change that it, or one before it, does not tell the receipt of', async (t) => {
  const bed = await startBed(t)
  const seqs: number[] = []
  for (let at = 0; at < 40; at++) {
    seqs.push(bed.authority.change('device', `dev_${at}`, 'revoked'))
    // Each of these is reported too, while the change is being written to disk.
    await askOnce(bed, undefined, `/${at}`)
  }
  const told = () =>
    new Set(bed.authority.reports.flatMap(({ applied }) => applied.map(({ seq }) => seq)))
  await eventually(() => seqs.every((seq) => told().has(seq)))
  const before = new Set<number>()
  for (const { seq: reached, applied } of bed.authority.reports) {
    for (const { seq } of applied) before.add(seq)
    const missing = seqs.filter((seq) => seq <= reached && !before.has(seq))
    assert.deepEqual(missing, [], `reached ${reached}`)
  }
})
