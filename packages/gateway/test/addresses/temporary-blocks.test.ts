import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import {
  type Network,
  networkText,
  parseAddress,
  parseNetwork,
} from '../../src/addresses/network.ts'
import { temporaryBlocks, temporaryBlocksBuffer } from '../../src/addresses/temporary-blocks.ts'
import { buildNetworkTree } from '../../src/addresses/network-tree.ts'
import { SharedAddresses } from '../../src/addresses/shared-addresses.ts'

const now = 1_800_000_000_000
const words = (text: string) => parseAddress(text) as Int32Array
const network = (text: string) => parseNetwork(text) as Network
const numbered = (index: number) => ({
  words: Int32Array.of(0, 0, 0xffff, index),
  length: 128,
})

test('a block holds until its time, and says what for', () => {
  const blocks = temporaryBlocks(temporaryBlocksBuffer(), 1)
  assert.equal(blocks.find(words('192.0.2.7'), now), undefined)
  const version = blocks.version()
  assert(
    blocks.add({ network: network('192.0.2.0/24'), until: now + 5_000, why: 'login tries' }, now),
  )
  assert.notEqual(blocks.version(), version)
  const found = blocks.find(words('192.0.2.7'), now)
  assert.equal(found?.why, 'login tries')
  assert.equal(networkText(found.network), '192.0.2.0/24')
  assert.equal(blocks.find(words('192.0.3.7'), now), undefined)
  assert.equal(blocks.find(words('192.0.2.7'), now + 6_000), undefined)
})

test('a block is prolonged, never shortened', () => {
  const blocks = temporaryBlocks(temporaryBlocksBuffer(), 1)
  const one = network('192.0.2.7')
  blocks.add({ network: one, until: now + 60_000, why: 'a' }, now)
  blocks.add({ network: one, until: now + 1_000, why: 'b' }, now)
  assert.equal(blocks.find(words('192.0.2.7'), now + 30_000)?.why, 'b')
  assert.equal(blocks.find(words('192.0.2.7'), now + 61_000), undefined)
})

test('a full table takes no more, and gives up none that holds; expired ones make room', () => {
  const blocks = temporaryBlocks(temporaryBlocksBuffer(), 1)
  let taken = 0
  for (let index = 0; index < 40_000; index++) {
    if (blocks.add({ network: numbered(index), until: now + 1_000, why: '' }, now)) taken++
  }
  assert(taken > 10_000 && taken < 16_384, `${taken} taken`)
  let held = 0
  for (let index = 0; index < 40_000; index++) {
    if (blocks.find(numbered(index).words, now) !== undefined) held++
  }
  assert.equal(held, taken)
  const later = now + 10_000
  blocks.sweep(later)
  assert(blocks.add({ network: numbered(50_000), until: later + 1_000, why: '' }, later))
  assert.deepEqual(
    blocks.list(later, 100).map(({ network: of }) => of.words[3]),
    [50_000],
  )
  assert.notEqual(blocks.find(numbered(50_000).words, later), undefined)
})

test('it finds what a map finds, whatever is added and swept', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('add'),
      host: fc.nat(40),
      bits: fc.constantFrom(24, 28, 32),
      ms: fc.nat(9_000),
    }),
    fc.record({
      kind: fc.constant('sweep'),
      host: fc.nat(0),
      bits: fc.constant(32),
      ms: fc.nat(3_000),
    }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const blocks = temporaryBlocks(temporaryBlocksBuffer(), 1)
      const model = new Map<string, number>()
      let clock = now
      for (const { kind, host, bits, ms } of steps) {
        const of = network(`192.0.2.${host}/${bits}`)
        const key = networkText(of)
        if (kind === 'add') {
          const until = Math.ceil((clock + ms) / 1_000) * 1_000
          blocks.add({ network: of, until: clock + ms, why: '' }, clock)
          model.set(key, Math.max(until, model.get(key) ?? 0))
        } else {
          clock += ms
          blocks.sweep(clock)
        }
        for (let at = 0; at <= 40; at += 5) {
          const isBlocked = [24, 28, 32].some((length) => {
            const name = networkText(network(`192.0.2.${at}/${length}`))
            return (model.get(name) ?? 0) > clock
          })
          assert.equal(blocks.find(words(`192.0.2.${at}`), clock) !== undefined, isBlocked)
        }
      }
    }),
    { numRuns: 100 },
  )
})

test('threads that block at once lose none of their blocks', async () => {
  const buffer = temporaryBlocksBuffer()
  const blocks = temporaryBlocks(buffer, 1)
  const module = new URL('../../src/addresses/temporary-blocks.js', import.meta.url).href
  const source = `
    const { workerData } = require('node:worker_threads')
    import(workerData.module).then(({ temporaryBlocks }) => {
      const blocks = temporaryBlocks(workerData.buffer, workerData.owner)
      for (let index = 0; index < 2000; index++) {
        const words = Int32Array.of(0, 0, 0xffff, workerData.from + index)
        const block = { network: { words, length: 128 }, until: ${now + 60_000}, why: 'thread' }
        while (!blocks.add(block, ${now}));
      }
    })`
  const threads = [0, 1, 2].map(
    (index) =>
      new Worker(source, {
        eval: true,
        workerData: { module, buffer, from: index * 2_000, owner: index + 2 },
      }),
  )
  await Promise.all(threads.map((thread) => new Promise((resolve) => thread.on('exit', resolve))))
  for (let index = 0; index < 6_000; index++) {
    assert.equal(blocks.find(numbered(index).words, now)?.why, 'thread')
  }
})

test('an address of IPv6 is blocked with its /64; exempt addresses are not', () => {
  const entry = (text: string) => [{ network: network(text), value: 1 }]
  const addresses = new SharedAddresses(
    {
      allow: undefined,
      deny: buildNetworkTree(entry('198.51.100.0/24')),
      exempt: buildNetworkTree(entry('203.0.113.0/24')),
      lists: ['deny'],
    },
    temporaryBlocksBuffer(),
    1,
  )
  assert(addresses.block('2001:db8::1', 60_000, 'test'))
  assert.equal(addresses.find('2001:db8::ffff')?.network, '2001:db8::/64')
  assert.equal(addresses.find('2001:db8:0:1::1'), undefined)
  assert(addresses.block('203.0.113.9', 60_000, 'test'))
  assert.equal(addresses.find('203.0.113.9'), undefined)
  assert.deepEqual(addresses.find('198.51.100.9'), { list: 'deny', network: '198.51.100.0/24' })
  assert.equal(addresses.find('no address'), undefined)
  assert(!addresses.block('no address', 60_000, 'test'))
})

test('a wall clock that is set forward frees nobody, and one that is set back holds nobody for longer', (t) => {
  let monotonic = 1_000_000
  let wall = now
  t.mock.method(Date, 'now', () => wall)
  const noNetworks = buildNetworkTree([])
  const addresses = new SharedAddresses(
    { allow: undefined, deny: noNetworks, exempt: noNetworks, lists: [] },
    temporaryBlocksBuffer(),
    1,
    () => monotonic,
  )
  assert(addresses.block('192.0.2.7', 60_000, 'limit login'))
  for (const step of [3_600_000, -7_200_000, 3_600_000]) {
    wall += step
    monotonic += 10_000
    assert.equal(addresses.find('192.0.2.7')?.why, 'limit login')
  }
  const { endsInMs = 0 } = addresses.find('192.0.2.7') ?? {}
  assert(endsInMs >= 30_000 && endsInMs < 31_000, `${endsInMs}`)
  monotonic += 31_000
  assert.equal(addresses.find('192.0.2.7'), undefined)
})

/** Adds blocks without end, until the thread is ended from outside. */
const endlessly = `
  const { workerData: { module, buffer, owner }, parentPort } = require('node:worker_threads')
  import(module).then(({ temporaryBlocks }) => {
    const blocks = temporaryBlocks(buffer, owner)
    parentPort.postMessage('begun')
    for (let index = 0; ; index++) {
      const words = Int32Array.of(0, 0, 0xffff, index % 1000)
      blocks.add({ network: { words, length: 128 }, until: ${now + 60_000} + index, why: 'thread' }, ${now})
    }
  })`
const lockHolder = (buffer: SharedArrayBuffer) => Atomics.load(new Int32Array(buffer), 0)

test('a thread that is ended in the middle of a block leaves no lock behind, and no half of a block', async (t) => {
  const buffer = temporaryBlocksBuffer()
  const blocks = temporaryBlocks(buffer, 1)
  const module = new URL('../../src/addresses/temporary-blocks.js', import.meta.url).href
  let held = 0
  for (let owner = 2; owner < 42; owner++) {
    const thread = new Worker(endlessly, { eval: true, workerData: { module, buffer, owner } })
    await once(thread, 'message')
    await thread.terminate()
    if (lockHolder(buffer) === owner) held++
    blocks.release(owner)
    assert.equal(lockHolder(buffer), 0)
    const started = performance.now()
    assert(blocks.add({ network: numbered(5_000), until: now + 9_000, why: 'main' }, now))
    assert.equal(blocks.find(numbered(5_000).words, now)?.why, 'main')
    for (const { network: of, why } of blocks.list(now, 20_000)) {
      assert(of.length === 128 && of.words[2] === 0xffff && (why === 'thread' || why === 'main'))
    }
    assert(performance.now() - started < 500)
  }
  t.diagnostic(`${held} of 40 threads were ended with the lock in their hands`)
})

test('a slot whose writer is gone holds up no reader, at whatever word it was left', () => {
  const buffer = temporaryBlocksBuffer()
  const blocks = temporaryBlocks(buffer, 1)
  const one = network('192.0.2.7')
  assert(blocks.add({ network: one, until: now + 60_000, why: 'login' }, now))
  const cells = new Int32Array(buffer)
  const at = cells.findIndex((_, index) => index >= 16 && (index & 15) === 0 && cells[index] !== 0)
  Atomics.store(cells, 0, 7)
  Atomics.add(cells, at, 1)
  const started = performance.now()
  assert.equal(blocks.find(words('192.0.2.7'), now)?.why, 'login', 'it is being prolonged')
  assert(performance.now() - started < 500)
  assert(
    !blocks.add({ network: one, until: now + 90_000, why: 'login' }, now),
    'nor another writer',
  )
  blocks.release(8)
  assert.equal(lockHolder(buffer), 7, 'of another thread')
  blocks.release(7)
  assert(blocks.add({ network: one, until: now + 90_000, why: 'login' }, now))
  assert.equal(blocks.find(words('192.0.2.7'), now + 80_000)?.why, 'login')
})
