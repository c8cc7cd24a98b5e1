import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import {
  type WaitingConnection,
  WaitingConnections,
} from '../../src/admission/waiting-connections.ts'

const connection = (name: string, since = 0): WaitingConnection & { name: string } => ({
  name,
  // Nothing of it is used but its identity.
  socket: {} as Socket,
  since,
  admit: () => {},
})
const nameOf = (one: WaitingConnection | undefined) =>
  (one as ReturnType<typeof connection> | undefined)?.name

test('who comes once goes before those who came often, however long they wait', () => {
  const waiting = new WaitingConnections(1_000)
  for (let round = 0; round < 5; round++) {
    for (let host = 1; host <= 100; host++) {
      waiting.add(connection(`flood ${round}`), `198.51.100.${host}`)
    }
  }
  waiting.add(connection('phone'), '203.0.113.9')
  assert.equal(nameOf(waiting.next()), 'phone')
  const order = Array.from({ length: 500 }, () => nameOf(waiting.next()))
  assert.deepEqual(order.slice(0, 100), Array(100).fill('flood 0'))
  assert.deepEqual(order.slice(100, 200), Array(100).fill('flood 1'))
  assert.equal(waiting.next(), undefined)
})

test('the addresses of a /64 count as one', () => {
  const waiting = new WaitingConnections(10)
  waiting.add(connection('first'), '2001:db8::1')
  waiting.add(connection('second'), '2001:db8::2')
  assert.deepEqual([waiting.next(), waiting.next()].map(nameOf), ['first', 'second'])
})

test('where it is full, the oldest of those who came most goes', () => {
  const waiting = new WaitingConnections(2)
  assert.equal(waiting.add(connection('one'), '192.0.2.1'), undefined)
  assert.equal(waiting.add(connection('two'), '192.0.2.1'), undefined)
  assert.equal(nameOf(waiting.add(connection('three'), '192.0.2.2')), 'two')
  assert.equal(nameOf(waiting.add(connection('four'), '192.0.2.1')), 'four')
  assert.equal(waiting.size, 2)
})

test('what was counted is forgotten after a while', () => {
  const waiting = new WaitingConnections(10)
  waiting.add(connection('old', 0), '192.0.2.1')
  waiting.add(connection('other', 0), '192.0.2.2')
  waiting.add(connection('again', 20_000), '192.0.2.1')
  assert.equal(nameOf(waiting.next()), 'again')
})

test('those that wait for too long are told, and no others', () => {
  const waiting = new WaitingConnections(10)
  for (const since of [1, 2, 30]) waiting.add(connection(String(since), since), '192.0.2.1')
  assert.deepEqual(waiting.olderThan(10).map(nameOf).toSorted(), ['1', '2'])
  assert.equal(waiting.size, 1)
  assert.equal(nameOf(waiting.next()), '30')
})

test('of a crowd that waits for too long a few are told at a time, those of networks that began most first', () => {
  const waiting = new WaitingConnections(10_000)
  waiting.add(connection('once', 0), '192.0.2.2')
  for (let at = 1; at <= 100; at++) waiting.add(connection(String(at), at), '192.0.2.1')
  const told: string[] = []
  for (let few = waiting.olderThan(200, 32); few.length > 0; few = waiting.olderThan(200, 32)) {
    assert.ok(few.length <= 32)
    told.push(...few.map((one) => String(nameOf(one))))
  }
  assert.equal(new Set(told).size, 101)
  assert.equal(waiting.size, 0)
  assert.ok(told.indexOf('once') > 90, `${told.indexOf('once')} before it`)
})
