import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { before, test } from 'node:test'
import { parse } from 'yaml'
import { withDefaults } from '../../src/assess/answers-file.ts'
import { answersTo, type QuestionName, type Situation } from '../../src/assess/questions.ts'
import { startingConfig } from '../../src/assess/starting-config.ts'
import type { Shape } from '../../src/assess/verdict.ts'
import { checkAuthorityPart } from '../../src/configuration/check-authority.ts'
import { checkGateway } from '../../src/configuration/check-gateway.ts'
import { insecureSwitches } from '../../src/configuration/insecure-switches.ts'
import { loadConfig } from '../../src/configuration/schema.ts'
import { newFolder, sallyport } from '../sallyport.ts'

const directory = path.join(newFolder(), 'production')

before(async () => {
  const words = ['--trust-domain', 'example.com', '--passphrase-file', '--yes']
  const { code, stderr } = await sallyport(['init', '--dir', directory, ...words])
  assert.equal(code, 0, stderr)
})

const devices = ['all-routes', 'some-routes', 'none'] as const
const either = [true, false]
const shapes: readonly Shape[] = devices.flatMap((where) =>
  either.flatMap((appTokens) =>
    either.flatMap((otherHost) =>
      either.map((shadowFirst) => ({ devices: where, appTokens, otherHost, shadowFirst })),
    ),
  ),
)

/** The questions that a configuration depends on beside its shape. */
const asked: readonly QuestionName[] = ['clients', 'fleet', 'mdm', 'edge', 'users']

function situations(): Situation[] {
  return asked.reduce<Situation[]>(
    (made, name) =>
      made.flatMap((situation) =>
        answersTo(name).map((answer) => ({ ...situation, [name]: answer })),
      ),
    [withDefaults({}).situation],
  )
}

test('the starting configuration is valid for every shape and answer that it depends on', (t) => {
  const { names } = withDefaults({})
  // By what they say: many differ in comments alone.
  const texts = new Map<string, string>()
  let made = 0
  for (const shape of shapes) {
    // An app without tokens is one whose users do not sign in, and demands a certificate everywhere.
    if (!shape.appTokens && shape.devices !== 'all-routes') continue
    for (const situation of situations()) {
      if (!shape.appTokens && situation.users !== 'none') continue
      if (shape.appTokens && situation.users === 'none' && shape.devices !== 'none') continue
      const hasOthers = situation.clients !== 'app-only' && situation.clients !== 'not-sure'
      if (shape.otherHost !== (hasOthers && shape.devices !== 'none')) continue
      const text = startingConfig(shape, situation, names, directory)
      texts.set(text.replaceAll(/(?:^|[ ])+#.*$|^\n/gm, ''), text)
      made += 1
    }
  }
  for (const text of texts.values()) {
    const file = path.join(directory, 'assessed.yaml')
    writeFileSync(file, text)
    const config = loadConfig(file)
    checkAuthorityPart(config)
    checkGateway(config)
    assert.deepEqual(insecureSwitches(config.value), [])
  }
  t.diagnostic(`${texts.size} configurations, of ${made} that were made`)
  assert.ok(texts.size > 40)
})

/** Names that are allowed, and that YAML takes for something else without quotes. */
const oddNames = ['null', 'true', 'false', '1e5', '123', '0x10', '0o17', '1-2', 'y', '00']

test('names that YAML would read as something else stand there as they were given', () => {
  const { situation, names } = withDefaults({ clients: 'web' })
  for (const name of oddNames) {
    const given = { ...names, trustDomain: name, appId: name, apiHost: `1.${name}` }
    for (const appTokens of either) {
      const shape = {
        devices: 'all-routes',
        appTokens,
        otherHost: true,
        shadowFirst: true,
      } as const
      const text = startingConfig(shape, situation, given, directory)
      const config = parse(text) as {
        trustDomain: unknown
        apps: Record<string, unknown>
        gateway: { hosts: Record<string, unknown> }
      }
      assert.equal(config.trustDomain, name)
      assert.deepEqual(Object.keys(config.apps), [name])
      assert.deepEqual(Object.keys(config.gateway.hosts), [`1.${name}`, `web.${name}`])
    }
  }
})
