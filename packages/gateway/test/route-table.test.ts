import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { areAmbiguous, type RoutePattern, routePattern } from '../src/routing/route-pattern.ts'
import { pathParameters } from '../src/routing/path-parameters.ts'
import { routeFor, routeTable } from '../src/routing/route-table.ts'

type Row = readonly [match: string, methods?: readonly string[]]
type TestRoute = {
  readonly match: string
  readonly methods: readonly string[] | undefined
  readonly pattern: RoutePattern
}

function read(match: string): RoutePattern {
  const { pattern, fault } = routePattern(match)
  assert(pattern !== undefined, `${match}: ${fault}`)
  return pattern
}

function finder(rows: readonly Row[]): {
  find: (path: string) => ReturnType<ReturnType<typeof routeTable<TestRoute>>['find']>
  found: (path: string, method?: string) => string | undefined
} {
  const table = routeTable(
    rows.map(([match, methods]): TestRoute => ({ match, methods, pattern: read(match) })),
  )
  return {
    find: table.find,
    found: (path, method = 'GET') => {
      const set = table.find(path)
      return set === undefined ? undefined : routeFor(set, method)?.match
    },
  }
}

const { find, found } = finder([
  ['/v1/orders', ['GET']],
  ['/v1/orders', ['POST']],
  ['/v1/*'],
  ['/v1/admin/*', ['GET']],
  ['/'],
])

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
  assert.deepEqual(find('/v1/orders')?.methods, ['GET', 'POST'])
})

test('HEAD is served where GET is', () => {
  assert.equal(found('/v1/orders', 'HEAD'), '/v1/orders')
})

const accounts = finder([
  ['/*'],
  ['/v1/accounts/me'],
  ['/v1/accounts/{accountId}', ['GET']],
  ['/v1/accounts/{id}', ['POST']],
  ['/v1/accounts/{accountId}/*'],
  ['/v1/accounts/{accountId}/payments/{paymentId}'],
  ['/v1/accounts/archive/*'],
  ['/v1/accounts/*'],
])

test('an exact path goes before one with parameters, that before every prefix', () => {
  assert.equal(accounts.found('/v1/accounts/me'), '/v1/accounts/me')
  assert.equal(accounts.found('/v1/accounts/1'), '/v1/accounts/{accountId}')
  assert.equal(accounts.found('/v1/accounts/1', 'POST'), '/v1/accounts/{id}')
  assert.equal(accounts.found('/v1/accounts/1', 'PUT'), undefined)
  assert.equal(accounts.found('/v1/accounts/archive/x'), '/v1/accounts/archive/*')
  assert.equal(accounts.found('/v1/accounts/1/x'), '/v1/accounts/{accountId}/*')
  assert.equal(
    accounts.found('/v1/accounts/1/payments/2'),
    '/v1/accounts/{accountId}/payments/{paymentId}',
  )
  assert.equal(accounts.found('/v1/accounts/1/payments/2/3'), '/v1/accounts/{accountId}/*')
  assert.equal(accounts.found('/v1/other'), '/*')
})

test('a path with a slash behind it has the rules of the path, unless it has its own', () => {
  assert.equal(accounts.found('/v1/accounts/me/'), '/v1/accounts/me')
  assert.equal(accounts.found('/v1/accounts/1/'), '/v1/accounts/{accountId}/*')
  assert.equal(
    accounts.found('/v1/accounts/1/payments/2/'),
    '/v1/accounts/{accountId}/payments/{paymentId}',
  )
  // A wider prefix is not its own.
  const { found: find } = finder([['/v1/accounts/{id}'], ['/{version}/{kind}/{id}/*']])
  assert.equal(find('/v1/accounts/1/'), '/v1/accounts/{id}')
  assert.equal(find('/v1/accounts/1/x'), '/{version}/{kind}/{id}/*')
})

test('a parameter is a segment that is not empty', () => {
  assert.equal(accounts.found('/v1/accounts/'), '/v1/accounts/*')
  assert.equal(accounts.found('/v1/accounts//x'), '/v1/accounts/*')
})

test('two routes of which neither is a special case of the other are ambiguous', () => {
  const ambiguous = [
    ['/v1/{x}/a', '/v1/accounts/{y}'],
    ['/v1/{x}/a', '/v1/accounts/*'],
    ['/{tenant}/x/*', '/admin/*'],
    ['/a/{y}/*', '/{x}/b/*'],
  ]
  for (const [one = '', other = ''] of ambiguous) {
    assert(areAmbiguous(read(one), read(other)), `${one} ${other}`)
    assert(areAmbiguous(read(other), read(one)), `${other} ${one}`)
  }
  const clear = [
    ['/v1/accounts/me', '/v1/accounts/{id}'],
    ['/v1/{a}', '/v1/{b}'],
    ['/v1/{a}/x', '/v1/{a}/y'],
    ['/v1/{a}/*', '/v1/accounts/*'],
    ['/v1/{a}', '/v1/{a}/*'],
    ['/*', '/{a}/{b}'],
    ['/v1/{x}/a', '/v1/b/{y}/c'],
  ]
  for (const [one = '', other = ''] of clear) {
    assert(!areAmbiguous(read(one), read(other)), `${one} ${other}`)
    assert(!areAmbiguous(read(other), read(one)), `${other} ${one}`)
  }
})

const faulty = [
  '/v1/{id',
  '/v1/id}',
  '/v1/{}',
  '/v1/x{id}',
  '/v1/{id}.json',
  '/v1/{a-b}',
  '/v1/{__proto__}',
  '/v1/{id}/{id}',
  '/v1/{1a}',
  '/v1/*/x',
  '/v1/{*}',
  '/v1/%2f',
  `/${Array.from({ length: 17 }, (_, index) => `{p${index}}`).join('/')}`,
]
for (const match of faulty) {
  test(`${match.slice(0, 40)} is no pattern`, () => {
    assert.notEqual(routePattern(match).fault, undefined)
  })
}

test('every request finds the most special of all patterns that match it, in whatever order they stand', () => {
  const segment = fc.constantFrom('a', 'b', '{x}')
  const match = fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([segments, isPrefix]) => {
      const named = segments.map((text, index) => (text === '{x}' ? `{x${index}}` : text))
      return `/${named.join('/')}${isPrefix ? '/*' : ''}`
    })
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 })
    .map((segments) => `/${segments.join('/')}`)
  fc.assert(
    fc.property(
      fc.array(match, { maxLength: 12 }),
      fc.array(path, { maxLength: 10 }),
      (all, paths) => {
        const kept: string[] = []
        for (const one of all) {
          const isTaken = kept.some(
            (other) => read(other).path === read(one).path || areAmbiguous(read(other), read(one)),
          )
          if (!isTaken) kept.push(one)
        }
        const { found: find } = finder(kept.map((one) => [one]))
        for (const asked of paths) assert.equal(find(asked), mostSpecial(kept, asked), asked)
      },
    ),
    { numRuns: 2_000 },
  )
})

/** By regular expressions: of all that match, the one that no other one that matches is within. */
function mostSpecial(matches: readonly string[], path: string): string | undefined {
  const rank = (match: string): string => {
    const { segments, isPrefix } = read(match)
    const kinds = segments.map((text) => (text === undefined ? 'p' : 'l')).join('')
    return `${isPrefix ? 0 : 1}${kinds.length}${kinds.replaceAll('l', '2').replaceAll('p', '1')}`
  }
  const matching = matches.filter((match) => {
    const pattern = match.replace(/\{[^}]*\}/g, '[^/]+').replace(/\/\*$/, '/.*')
    return new RegExp(`^${pattern}$`).test(path)
  })
  return matching.sort((one, other) => (rank(one) < rank(other) ? 1 : -1))[0]
}

test('parameters are decoded, and stand in an object without a prototype', () => {
  const pattern = read('/v1/{constructor}/x/{b}/*')
  const parameters = pathParameters(pattern, '/v1/caf%C3%A9/x/a%20b/c')
  assert.deepEqual({ ...parameters }, { constructor: 'café', b: 'a b' })
  assert.equal(Object.getPrototypeOf(parameters), null)
  assert.equal(pathParameters(read('/v1/x'), '/v1/x')?.['constructor'], undefined)
})

for (const value of ['%FF', '%C3', '%ED%A0%80', '%C2%85', '..%3Bx', '.%3B', 'a%3Bb']) {
  test(`${value} is the value of no parameter`, () => {
    assert.equal(pathParameters(read('/{a}'), `/${value}`), undefined)
  })
}
