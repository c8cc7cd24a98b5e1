import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { layerNames } from '@sallyport/gateway'
import { isReasonCode, publicCode, type Reason, reasons } from '@sallyport/problem'

const docs = new URL('../../../../../docs/', import.meta.url)
const page = readFileSync(new URL('threats.md', docs), 'utf8')
const reference = readFileSync(new URL('reference/configuration.md', docs), 'utf8')
const options = [...reference.matchAll(/^\| `([^`]+)` \|/gm)].map(([, option = '']) => option)
/** What services refuse with: the package stands alone, and so does its table. */
const refusals = readFileSync(new URL('../packages/verify/src/refusal.ts', docs), 'utf8')

const rows = [...page.matchAll(/^\| (.+) \|$/gm)]
  .map(([, cells = '']) => cells.split(' | '))
  .filter(([first]) => first !== 'attack')

describe('the table of threats', () => {
  for (const [attack = '', layer = '', code = '', setting = '', carriedOut = ''] of rows) {
    test(`says what is so of: ${attack}`, () => {
      // Set in italics is what is no stage of a route, and no reason.
      if (!layer.startsWith('*')) assert.ok([...layerNames, 'host'].includes(layer), layer)
      if (!code.startsWith('*')) for (const one of code.split(', ')) checkCode(one)
      if (setting !== '–') {
        const option = setting.slice(1, -1)
        const isOne = options.some((known) => known === option || known.endsWith(`.${option}`))
        assert.ok(isOne, `no such option: ${option}`)
      }
      const [, title = '', file = ''] = /^\[(.+)\]\(\.\.\/(.+)\)$/.exec(carriedOut) ?? []
      const text = readFileSync(new URL(`../${file}`, docs), 'utf8')
      assert.ok(text.includes(title), `${file} has no test: ${title}`)
    })
  }

  test('has each stage that can be configured', () => {
    const layers = new Set(rows.map(([, layer]) => layer))
    for (const name of layerNames) assert.ok(layers.has(name), name)
  })
})

/** A code, or one with what the caller hears in its place. */
function checkCode(words: string): void {
  const [code = '', heard] = [...words.matchAll(/`([a-z_]+)`/g)].map(([, one]) => one)
  if (!isReasonCode(code)) {
    assert.match(refusals, new RegExp(`^ {2}${code}: `, 'm'))
    return
  }
  const { status } = reasons[code] as Reason
  const told = publicCode(code)
  if (status > 0) assert.equal(heard ?? code, told)
}
