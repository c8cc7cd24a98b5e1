import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { AddressKeeper } from '../../src/addresses/address-keeper.ts'
import { fetchList } from '../../src/addresses/fetch-list.ts'
import { keptListFile } from '../../src/addresses/kept-list.ts'
import { listFault, maxEntries, parseList } from '../../src/addresses/list-format.ts'
import { networkText } from '../../src/addresses/network.ts'
import { SharedAddresses } from '../../src/addresses/shared-addresses.ts'
import { eventually } from '../support/client.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld()
const identity = await world.server('localhost')
let respond: (request: IncomingMessage, response: ServerResponse) => void = () => {}
const server = https.createServer(identity, (request, response) => respond(request, response))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => {
  server.close()
  server.closeAllConnections()
})
const list = {
  name: 'known-bad',
  url: `https://localhost:${(server.address() as AddressInfo).port}/list.txt`,
  refreshMinutes: 60,
  ca: world.serviceCa,
}

const texts = (text: string) => parseList(text).networks.map(networkText)

test('lists are read in the formats that they are published in', () => {
  assert.deepEqual(texts('# FireHOL\n192.0.2.0/24\n\n2001:db8::/32\r\n; end'), [
    '192.0.2.0/24',
    '2001:db8::/32',
  ])
  assert.deepEqual(texts('; Spamhaus DROP\n192.0.2.0/24 ; SBL1\n'), ['192.0.2.0/24'])
  assert.deepEqual(texts('{"cidr":"192.0.2.0/24","sblid":"SBL1"}\n{"type":"metadata"}'), [
    '192.0.2.0/24',
  ])
  assert.deepEqual(texts('192.0.2.0\t192.0.2.255\t24\t12\n'), ['192.0.2.0/24'])
  assert.deepEqual(texts('192.0.2.7\t9\n'), ['192.0.2.7'])
  assert.deepEqual(texts('"192.0.2.7","botnet"\n'), ['192.0.2.7'])
  assert.deepEqual(texts('192.0.2.1-192.0.2.6'), [
    '192.0.2.1',
    '192.0.2.2/31',
    '192.0.2.4/31',
    '192.0.2.6',
  ])
  assert.deepEqual(texts('0.0.0.0-255.255.255.255'), ['0.0.0.0/0'])
})

test('what is no list is none, and nor is one that would shut everybody out', () => {
  const fault = (text: string) => listFault(parseList(text))
  assert.match(fault('<html>\n<body>sign in</body>') ?? '', /no network/)
  assert.match(fault('') ?? '', /no network/)
  assert.match(fault('192.0.2.1\n0.0.0.0/0') ?? '', /everybody/)
  assert.match(fault('192.0.2.1\n::/0') ?? '', /everybody/)
  assert.match(fault('192.0.2.1\nx\ny') ?? '', /2 lines/)
  assert.equal(fault('192.0.2.1'), undefined)
  const many = Array.from({ length: maxEntries + 1 }, () => '192.0.2.1').join('\n')
  assert.throws(() => parseList(many), RangeError)
})

test('no text makes the reader throw anything but that it is too long', () => {
  const line = fc.oneof(
    fc.string(),
    fc.ipV4(),
    fc.constantFrom('{', '{"cidr":1}', 'null', '-', '1.2.3.4-', '1.2.3.4-1.2.3.3'),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      parseList(lines.join('\n'))
    }),
    { numRuns: 2_000 },
  )
})

test('a server that redirects, fails, floods, stalls or breaks off is given up', async () => {
  const given = async (answer: typeof respond) => {
    respond = answer
    return fetchList(list, { timeoutMs: 2_000 })
  }
  await assert.rejects(
    given((_, response) => response.writeHead(302, { location: 'http://127.0.0.1/' }).end()),
    /answered 302, to http:\/\/127\.0\.0\.1\/: redirects are not followed/,
  )
  await assert.rejects(
    given((_, response) => response.writeHead(503).end()),
    /answered 503/,
  )
  await assert.rejects(
    given(() => {}),
    /no whole list within 2 s/,
  )
  await assert.rejects(
    given((_, response) => {
      response.write('192.0.2.1\n')
      const drip = setInterval(() => response.write('#'), 20)
      response.on('close', () => clearInterval(drip))
    }),
    /no whole list/,
  )
  const chunk = Buffer.alloc(1 << 20, '#')
  await assert.rejects(
    given((_, response) => {
      const flood = () => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', flood)
      }
      flood()
    }),
    /more than 16777216 bytes|no whole list/,
  )
  await assert.rejects(
    given((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('192.0.2.1\n')
      setImmediate(() => response.destroy())
    }),
  )
  const untrusted = fetchList({ ...list, ca: undefined }, { timeoutMs: 2_000 })
  await assert.rejects(untrusted, /certificate/)
})

async function keeper(t: TestContext, directory: string) {
  const said: string[] = []
  const note = (fields: Record<string, unknown>, message: string) =>
    void said.push(`${message} ${JSON.stringify(fields)}`)
  const log = { debug: note, info: note, warn: note, error: note }
  const kept = new AddressKeeper({
    log,
    directory,
    onTables: (tables) => addresses.install(tables),
  })
  const addresses = new SharedAddresses(kept.tables, kept.blocks, 1)
  t.after(() => kept.close())
  await kept.use({ lists: [], fetched: [list] })
  return { kept, said, addresses }
}

test('the last good list stays in force, over failures and over a restart', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-lists-'))
  t.after(() => rm(directory, { recursive: true }))
  respond = (_, response) => response.end('192.0.2.0/24\n')
  const first = await keeper(t, directory)
  await eventually(() => first.addresses.find('192.0.2.7') !== undefined)
  assert.deepEqual(first.addresses.find('192.0.2.7'), {
    list: 'known-bad',
    network: '192.0.2.0/24',
  })
  await eventually(() => first.kept.overview().lists[0]?.fetchedAt !== undefined)
  await new Promise((resolve) => setTimeout(resolve, 50))
  first.kept.close()

  respond = (_, response) => response.end('<html>')
  const second = await keeper(t, directory)
  assert.equal(second.addresses.find('192.0.2.7')?.list, 'known-bad')
  // Another URL is another list: nothing of the one before holds.
  await second.kept.use({ lists: [], fetched: [{ ...list, url: `${list.url}?2` }] })
  await eventually(() => second.said.some((text) => text.includes('could not be refreshed')))
  assert.equal(second.addresses.find('192.0.2.7'), undefined)
})

test('a list that cannot be kept on disk is in force all the same, and that is what is said', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-lists-'))
  t.after(() => rm(directory, { recursive: true }))
  // As on a full disk: no directory can be made here.
  await writeFile(path.join(directory, 'address-lists'), '')
  respond = (_, response) => response.end('192.0.2.0/24\n')
  const { said, addresses } = await keeper(t, directory)
  await eventually(() => said.some((text) => text.includes('could not be kept')))
  assert.equal(addresses.find('192.0.2.7')?.list, 'known-bad')
  assert(!said.some((text) => text.includes('could not be refreshed')), said.join('\n'))
})

test('a list that has not changed is not sent again, also after a restart', async (t) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sallyport-lists-'))
  t.after(() => rm(directory, { recursive: true }))
  const asked: (string | undefined)[] = []
  respond = (request, response) => {
    asked.push(request.headers['if-none-match'])
    if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end()
    else response.writeHead(200, { etag: '"v1"' }).end('192.0.2.0/24\n')
  }
  const first = await keeper(t, directory)
  await eventually(() => first.kept.facts().lists[0]?.fetches?.taken === 1)
  await eventually(() => first.said.some((text) => text.includes('was fetched')))
  await new Promise((resolve) => setTimeout(resolve, 50))
  first.kept.close()

  const file = keptListFile(directory, list.url)
  const longAgo = Date.now() / 1_000 - 86_400
  await utimes(file, longAgo, longAgo)
  const second = await keeper(t, directory)
  await eventually(() => second.kept.facts().lists[0]?.fetches?.unchanged === 1)
  assert.deepEqual(asked, [undefined, '"v1"'])
  assert.equal(second.addresses.find('192.0.2.7')?.list, 'known-bad')
  assert(Date.now() - (second.kept.facts().lists[0]?.fetchedAt ?? 0) < 60_000)
  await eventually(async () => (await stat(file)).mtimeMs > Date.now() - 60_000)
})

test('a server that says so of a list that is not held is not believed', async () => {
  respond = (_, response) => response.writeHead(304).end()
  await assert.rejects(fetchList(list, { timeoutMs: 2_000 }), /answered 304/)
})

test('of a server without entity tags the time is asked by; what is no field is not kept', async () => {
  respond = (request, response) =>
    request.headers['if-modified-since'] === undefined
      ? response
          .writeHead(200, { 'last-modified': 'Sun, 22 Nov 2026 06:00:00 GMT', etag: '"é"' })
          .end('192.0.2.1')
      : response.writeHead(304).end()
  const found = await fetchList(list)
  assert.deepEqual(found?.validators, { lastModified: 'Sun, 22 Nov 2026 06:00:00 GMT' })
  assert.equal(await fetchList(list, { held: found.validators }), undefined)
})
