import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeFor, routePattern, routeTable } from '../src/routing/route-table.ts'

const routes = (
  [
    ['/v1/orders', ['GET']],
    ['/v1/orders', ['POST']],
    ['/v1/*', undefined],
    ['/v1/admin/*', ['GET']],
    ['/', undefined],
  ] as const
).map(([match, methods]) => ({ match, methods, pattern: routePattern(match) }))
const table = routeTable(routes)
const found = (path: string, method = 'GET') => {
  const set = table.find(path)
  return set === undefined ? undefined : routeFor(set, method)?.match
}

test('an exact path goes before every prefix, the longest prefix before the others', () => {
  assert.equal(found('/v1/orders'), '/v1/orders')
  assert.equal(found('/v1/orders/1'), '/v1/*')
  assert.equal(found('/v1/admin/x/y'), '/v1/admin/*')
  assert.equal(found('/v1/'), '/v1/*')
  assert.equal(found('/'), '/')
})

test('a prefix is what is below it, not itself without its slash', () => {
  assert.equal(found('/v1'), undefined)
  assert.equal(found('/v10/x'), undefined)
  assert.equal(found('/other'), undefined)
})

test('the method decides among the routes of the path that was found, and no others', () => {
  assert.equal(found('/v1/orders', 'POST'), '/v1/orders')
  assert.equal(found('/v1/orders', 'DELETE'), undefined)
  assert.equal(found('/v1/admin/x', 'POST'), undefined)
  assert.deepEqual(table.find('/v1/orders')?.methods, ['GET', 'POST'])
})

test('HEAD is served where GET is', () => {
  assert.equal(found('/v1/orders', 'HEAD'), '/v1/orders')
})
