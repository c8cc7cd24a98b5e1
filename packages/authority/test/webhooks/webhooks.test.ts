import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { expectedSignature, type ReceivedEvent } from '../fixture/event-receiver.ts'
import { labelled, ofLabel, secretOf, startWebhookSite, type WebhookName } from './webhook-site.ts'

const site = await startWebhookSite()
const { clock, receiver, deployment, logged, happen, settle, show, showUntil, say } = site
after(() => site.close())

test('what happens is sent once, signed with both keys, with what changed', async () => {
  await happen('first')
  const events = await receiver.until('/all', labelled('first'))
  const [received, ...more] = ofLabel(events, 'first')
  assert.ok(received !== undefined && more.length === 0)
  assert.deepEqual(received.signatures, [
    expectedSignature(secretOf(1), received),
    expectedSignature(secretOf(2), received),
  ])
  const { type, timestamp, data } = received.event
  assert.equal(type, 'enrollment-token.created')
  assert.ok(Math.abs(Date.parse(timestamp) - clock.now()) < 60_000)
  assert.equal(data.appId, 'wallet')
  assert.equal(data.before, null)
  assert.deepEqual(Object.keys(data).toSorted(), [
    'actor',
    'after',
    'appId',
    'before',
    'chain',
    'detail',
    'hash',
    'previous',
    'seq',
    'subject',
  ])
})

test('a receiver finds its place by chain and number, and no event is missing between', async () => {
  for (const label of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) await happen(label)
  const events = (await receiver.until('/all', labelled('j'))).toSorted(
    (one, other) => one.event.data.seq - other.event.data.seq,
  )
  events.reduce(
    (previous, { event }) => {
      assert.equal(event.data.previous, previous)
      return event.data.seq
    },
    events[0]?.event.data.previous as number | null,
  )
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length)
})

test('a receiver is sent what it asks for, of its apps, and nothing else', async () => {
  await happen('wanted')
  const { body } = await deployment.admin('/admin/v1/admin-tokens', {
    body: { label: 'of no app', role: 'viewer' },
  })
  await deployment.admin(`/admin/v1/admin-tokens/${body.adminToken?.id ?? body.id}/revoke`, {
    body: {},
  })
  await happen('last')
  const events = await receiver.until('/tokens', labelled('last'))
  assert.deepEqual(
    [...new Set(events.map(({ event }) => event.type))],
    ['enrollment-token.created'],
  )
  assert.deepEqual(receiver.received('/other'), [])
})

test('one that fails is tried again later, with the same id and a signature of its own time', async () => {
  await settle('failing')
  let fails = 3
  receiver.answer('/failing', (response) => response.writeHead(fails-- > 0 ? 500 : 200).end())
  await happen('again')
  const isThere = (count: number) => (events: readonly ReceivedEvent[]) =>
    ofLabel(events, 'again').length >= count
  for (const count of [1, 2, 3]) {
    await receiver.until('/failing', isThere(count))
    const shown = await showUntil('failing', ({ failures }) => failures >= count)
    assert.equal(shown.status, 'failing')
    assert.match(shown.lastError ?? '', /^HTTP status 500$/)
    clock.moveMinutes(count)
  }
  const attempts = ofLabel(await receiver.until('/failing', isThere(4)), 'again')
  assert.equal(new Set(attempts.map(({ id, body }) => id + body)).size, 1)
  assert.equal(new Set(attempts.map(({ timestamp }) => timestamp)).size, 4)
  const shown = await showUntil('failing', ({ failures }) => failures === 0)
  assert.equal(shown.status, 'active')
})

test('Retry-After is waited for, unless an operator says otherwise', async () => {
  await settle('failing')
  let asked = 0
  receiver.answer('/failing', (response) => {
    if (asked++ > 0) response.writeHead(204).end()
    else response.writeHead(503, { 'retry-after': '7200' }).end()
  })
  await happen('busy')
  const shown = await showUntil('failing', ({ failures }) => failures === 1)
  assert.ok(Date.parse(shown.nextAttemptAt ?? '') - clock.now() > 7_100_000)
  assert.equal((await say('failing', 'retry')).status, 200)
  await showUntil('failing', ({ failures }) => failures === 0)
  assert.equal(ofLabel(receiver.received('/failing'), 'busy').length, 2)
})

test('one that never answers holds up no other', async () => {
  const startedAt = performance.now()
  await happen('meanwhile')
  await receiver.until('/tokens', labelled('meanwhile'))
  assert.ok(performance.now() - startedAt < 5_000)
  const shown = await showUntil('slow', ({ failures }) => failures > 0)
  assert.match(shown.lastError ?? '', /timeout/)
})

test('410 ends it, with a row that says why, until an operator enables it', async () => {
  receiver.answer('/gone', (response) => response.writeHead(410).end())
  await happen('unwanted')
  const shown = await showUntil('gone', ({ status }) => status === 'disabled')
  assert.match(shown.disabledReason ?? '', /410/)
  assert.equal(shown.disabledBy, 'authority')
  const { body } = await deployment.admin('/admin/v1/audit?limit=1000&action=webhook.disabled')
  const row = body.rows.find(({ subject }: { subject: string }) => subject === 'gone')
  assert.deepEqual(
    [row.detail.before, row.detail.after],
    [{ status: 'active' }, { status: 'disabled' }],
  )
  assert.match(
    (await deployment.operations('/metrics')).text,
    /webhook_disabled\{webhook="gone"\} 1\n/,
  )
  const before = receiver.received('/gone').length
  await happen('kept for later')
  clock.moveMinutes(600)
  await receiver.until('/all', labelled('kept for later'))
  assert.equal(receiver.received('/gone').length, before)
  receiver.answer('/gone', (response) => response.end())
  await say('gone', 'enable')
  const events = await receiver.until('/gone', labelled('kept for later'))
  assert.ok(labelled('unwanted')(events.slice(before)))
})

test('what waits is left out where an operator says so', async () => {
  await say('gone', 'disable', { reason: 'maintenance' })
  await happen('left out')
  const { body } = await say('gone', 'enable', { skip: true })
  assert.equal(body.waitingRows <= 1, true, JSON.stringify(body))
  await happen('after it')
  assert.deepEqual(ofLabel(await receiver.until('/gone', labelled('after it')), 'left out'), [])
})

test('a redirect is not followed', async () => {
  receiver.answer('/moved', (response) =>
    response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end(),
  )
  await happen('moved')
  const shown = await showUntil('moved', ({ failures }) => failures > 0)
  assert.match(shown.lastError ?? '', /302: redirects are not followed/)
  assert.deepEqual(receiver.received('/elsewhere'), [])
})

test('of an endless answer little is read', async () => {
  let written = 0
  receiver.answer('/endless', (response) => {
    const chunk = Buffer.alloc(65_536)
    response.writeHead(200)
    const more = () => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length
    }
    response.on('drain', more).on('error', () => undefined)
    more()
  })
  await happen('endless')
  const shown = await showUntil(
    'endless',
    ({ lastDeliveredAt, waitingRows }) => lastDeliveredAt !== null && waitingRows < 50,
  )
  assert.equal(shown.failures, 0)
  assert.ok(written < 64 * 1024 * 1024, String(written))
})

test('one that closes the connection has failed', async () => {
  receiver.answer('/closing', (response) => void response.socket?.destroy())
  await happen('closed')
  const shown = await showUntil('closing', ({ failures }) => failures > 0)
  assert.match(shown.lastError ?? '', /hang up|ECONNRESET/)
})

test('after three days without a success it is called no more', async () => {
  // Above, it began to fail.
  clock.move(3.1)
  const shown = await showUntil('closing', ({ status }) => status === 'disabled')
  assert.match(shown.disabledReason ?? '', /^for 3 days every attempt failed/)
  const count = receiver.received('/closing').length
  clock.move(1)
  await happen('unheard')
  await receiver.until('/all', labelled('unheard'))
  assert.equal(receiver.received('/closing').length, count)
})

test('what was lost at the receiver is sent again from a row on, with the ids it had', async () => {
  await settle('tokens')
  const before = receiver.received('/tokens')
  const [second] = before.slice(1)
  const from = { chain: second?.event.data.chain, after: (second?.event.data.seq ?? 0) - 1 }
  assert.equal((await say('tokens', 'retry', { from })).status, 200)
  const events = await receiver.until('/tokens', ({ length }) => length >= before.length * 2 - 1)
  assert.deepEqual(
    events
      .slice(before.length)
      .map(({ id }) => id)
      .toSorted(),
    before
      .slice(1)
      .map(({ id }) => id)
      .toSorted(),
  )
})

test('a receiver can be tried, and what it answers is told', async () => {
  const good = await say('all', 'test')
  assert.equal(good.body.outcome, 'delivered')
  const [last] = receiver.received('/all').slice(-1)
  assert.equal(last?.event.type, 'webhook.test')
  const bad = await say('moved', 'test')
  assert.deepEqual([bad.body.outcome, bad.body.status], ['failed', 302])
  assert.equal((await say('nothing' as WebhookName, 'test')).body.code, 'not_found')
})

test('neither keys nor queries are in the log, the API or the metrics', async () => {
  const listed = await deployment.admin('/admin/v1/webhooks')
  const metrics = await deployment.operations('/metrics')
  for (const told of [logged(), listed.text, metrics.text]) {
    assert.doesNotMatch(told, /query-secret|whsec_|\/failing\?/)
    assert.ok(!told.includes(Buffer.alloc(32, 1).toString('base64')))
  }
  assert.equal((await show('all')).origin, receiver.url)
  assert.match(metrics.text, /webhook_attempts_total\{webhook="failing",outcome="failed"\} \d/)
  assert.match(metrics.text, /webhook_waiting_rows\{webhook="all"\} \d/)
})

test('what is awaited is not lost over a restart, nor told twice', async () => {
  const seen = receiver.received('/all').length
  await deployment.restart({ whileDown: () => undefined })
  await happen('restarted')
  const events = await receiver.until('/all', labelled('restarted'))
  const ids = events.filter(({ event }) => event.type !== 'webhook.test').map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  assert.ok(events.length > seen)
})

test('a receiver that takes its time is tried by one at a time, and keeps no operator waiting', async () => {
  const trying = [1, 2, 3].map(() => deployment.admin('/admin/v1/webhooks/slow/test', { body: {} }))
  const answers = await Promise.all(trying)
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 503, 503])
})

test('an event that a receiver refuses for good stops no others, and that is told', async () => {
  await settle('choosy')
  receiver.answer('/choosy', (response, { event }) =>
    response.writeHead(event.data.after?.['label'] === 'poison' ? 400 : 204).end(),
  )
  await happen('poison')
  for (let failures = 1; failures <= 8; failures++) {
    await showUntil('choosy', (shown) => shown.failures >= failures)
    if (failures < 8) await say('choosy', 'retry')
  }
  await happen('wholesome')
  await say('choosy', 'retry')
  const events = await receiver.until('/choosy', labelled('wholesome'))
  await showUntil('choosy', ({ status }) => status === 'active')
  await happen('later')
  await receiver.until('/choosy', labelled('later'))
  assert.equal(ofLabel(receiver.received('/choosy'), 'wholesome').length, 1)
  const { body } = await deployment.admin('/admin/v1/audit?limit=10&action=webhook.event-skipped')
  const [row, ...more] = body.rows
  const seq = ofLabel(events, 'poison')[0]?.event.data.seq
  assert.deepEqual(
    [row.detail.after.after, row.detail.reason, more.length],
    [seq, 'HTTP status 400', 0],
  )
})

/** Attempts without end, until something is passed over. */
async function skippedOf(name: 'last' | 'silent' | 'refuser', count = 1) {
  for (let tries = 0; tries < 300; tries++) {
    const path = `audit?limit=100&action=webhook.event-skipped&subject=${name}`
    const { body } = await deployment.admin(`/admin/v1/${path}`)
    if (body.rows.length >= count) return body.rows
    clock.move(0.02)
    await say(name, 'retry')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return assert.fail('nothing is passed over')
}

test('the newest event of all, which a receiver refuses for good, is passed over and ends nothing', async () => {
  await settle('last')
  receiver.answer('/last', (response, { event }) =>
    response.writeHead(event.data.after?.['label'] === 'last poison' ? 400 : 204).end(),
  )
  await happen('last poison')
  const [row] = await skippedOf('last')
  const told = receiver.received('/last')
  assert.equal(row.detail.after.after, ofLabel(told, 'last poison')[0]?.event.data.seq)
  assert.ok(told.some(({ event }) => event.type === 'webhook.test'))
  const attempts = ofLabel(told, 'last poison').length
  const shown = await showUntil('last', ({ failures }) => failures === 0)
  assert.equal(shown.status, 'active')
  clock.move(1)
  await settle('last')
  assert.equal(ofLabel(receiver.received('/last'), 'last poison').length, attempts)
  assert.match(logged(), /A WEBHOOK PASSED AN EVENT OVER/)
})

test('an event that makes a receiver close the connection is passed over as well', async () => {
  await settle('silent')
  receiver.answer('/silent', (response, { event }) => {
    if (event.data.after?.['label'] === 'crash') response.socket?.destroy()
    else response.writeHead(204).end()
  })
  await happen('crash')
  const [row] = await skippedOf('silent')
  assert.match(row.detail.reason, /hang up|ECONNRESET/)
  await settle('silent')
})

test('a receiver that refuses to hear what was passed over is told of that once', async () => {
  await happen('before')
  await receiver.until('/refuser', labelled('before'))
  receiver.answer('/refuser', (response, { event }) => {
    const isRefused =
      event.type === 'webhook.event-skipped' || event.data.after?.['label'] === 'unwanted'
    response.writeHead(isRefused ? 422 : 204).end()
  })
  await happen('unwanted')
  await skippedOf('refuser')
  // Its refusal of that row ends as well, and begins no other.
  for (let tries = 0; tries < 30; tries++) {
    clock.move(0.05)
    await say('refuser', 'retry')
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
  assert.equal((await skippedOf('refuser')).length, 1)
  await happen('goes on')
  await receiver.until('/refuser', labelled('goes on'))
})

test('while all is refused nothing is passed over', async () => {
  await settle('pressed')
  receiver.answer('/pressed', (response) => response.writeHead(500).end())
  await happen('one')
  await happen('two')
  for (let failures = 1; failures <= 10; failures++) {
    await showUntil('pressed', (shown) => shown.failures >= failures)
    await say('pressed', 'retry')
  }
  receiver.answer('/pressed', (response) => response.writeHead(204).end())
  await say('pressed', 'retry')
  await receiver.until('/pressed', labelled('two'))
  await showUntil('pressed', ({ status }) => status === 'active')
})

test('who asks without end for another attempt keeps nothing from being told', async () => {
  await settle('pressed')
  receiver.answer('/pressed', (response) => setTimeout(() => response.writeHead(204).end(), 150))
  await happen('pressing')
  for (let times = 0; times < 20; times++) {
    await say('pressed', 'retry')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await settle('pressed')
  assert.equal(ofLabel(receiver.received('/pressed'), 'pressing').length, 1)
})
